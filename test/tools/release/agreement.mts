/** A version says the same wherever it is named. */

export interface Release {
	/** Of package.json. */
	version: string;
	/** Of package-lock.json. */
	lockedVersion: string;
	changelog: string;
	/** The tag that is to be published; undefined between releases. */
	tag?: string;
}

const SEMVER = /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/;

/** @returns what does not agree, in words; nothing when all is well */
export function disagreements({ version, lockedVersion, changelog, tag }: Release): string[] {
	const problems: string[] = [];
	if (!SEMVER.test(version)) problems.push(`package.json: "${version}" is no version, such as 1.2.3`);
	if (lockedVersion !== version) problems.push(`package-lock.json has version ${lockedVersion}, package.json ${version}: run npm install`);
	if (tag === undefined) return problems;
	if (tag !== `v${version}`) problems.push(`The tag is "${tag}", and the version of package.json is ${version}: it wants the tag v${version}`);
	const heading = changelog.split('\n').find((line) => line.startsWith(`## [${version}]`));
	if (!heading) problems.push(`CHANGELOG.md has no part "## [${version}] - YYYY-MM-DD"`);
	else if (!/ - \d{4}-\d{2}-\d{2}$/.test(heading)) problems.push(`CHANGELOG.md: "${heading}" wants its date, as in "## [${version}] - 2026-11-24"`);
	return problems;
}
