/** Checks that all files and the tag name the same version. */

export interface Release {
	/** The version in package.json. */
	version: string;
	/** The version in package-lock.json. */
	lockedVersion: string;
	changelog: string;
	/** The tag to publish. Undefined between releases. */
	tag?: string;
}

const SEMVER = /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/;

/** @returns a description of each disagreement */
export function disagreements({ version, lockedVersion, changelog, tag }: Release): string[] {
	const problems: string[] = [];
	if (!SEMVER.test(version)) problems.push(`package.json: "${version}" is not a valid version. Use the format 1.2.3`);
	if (lockedVersion !== version) problems.push(`package-lock.json has the version ${lockedVersion}, but package.json has ${version}. Run npm install`);
	if (tag === undefined) return problems;
	if (tag !== `v${version}`) problems.push(`The tag is "${tag}", but package.json has the version ${version}. Use the tag v${version}`);
	const heading = changelog.split('\n').find((line) => line.startsWith(`## [${version}]`));
	if (!heading) problems.push(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD"`);
	else if (!/ - \d{4}-\d{2}-\d{2}$/.test(heading)) problems.push(`CHANGELOG.md: "${heading}" has no date. Use the format "## [${version}] - 2026-11-24"`);
	return problems;
}
