/** The versions of n8n that the package is tested with: the one place to change when n8n moves on. */

/** What npm is asked for, so that one version of n8n installs and runs. */
export type N8nRecipe = {
	version: string;
	/** For an n8n that does not start on every Node.js this package is developed on. */
	node?: {
		minMajor: number;
		/** The version of the npm package `node` installed beside n8n when the Node.js running is older. */
		bundled: string;
	};
	/** Dependencies of n8n held at a version that can be installed. */
	overrides: Record<string, string>;
};

/** What most users run. */
export const CURRENT: N8nRecipe = {
	version: '2.41.1',
	node: { minMajor: 24, bundled: '24.21.0' },
	// The newest linkedom asks for a package that is not always to be had.
	overrides: { linkedom: '0.18.12' },
};

/** The oldest n8n that the package promises to work in: the last of the 1.x line. */
export const FLOOR: N8nRecipe = {
	version: '1.123.0',
	// n8n 1.x takes xlsx from its maker's own server; the last one in the npm registry does for our tests.
	overrides: { xlsx: '0.18.5' },
};

/**
 * The recipe for a version of n8n.
 * @param version such as `2.41.1`; one that is not listed here is tried with the recipe of its line.
 */
export function recipeFor(version: string): N8nRecipe {
	if (!/^\d+\.\d+\.\d+$/.test(version)) {
		throw new Error(`"${version}" is not a version of n8n, such as ${CURRENT.version}`);
	}
	const known = [CURRENT, FLOOR].find((recipe) => recipe.version === version);
	const line = Number(version.split('.')[0]) >= 2 ? CURRENT : FLOOR;
	return known ?? { ...line, version };
}
