/** The versions of n8n that the package is tested with. Update them here when a new n8n is released. */

/** What npm must install so that a version of n8n runs. */
export type N8nRecipe = {
	version: string;
	/** Set if this n8n doesn't start on all versions of Node.js that this project supports. */
	node?: {
		minMajor: number;
		/** The version of the npm package `node` to install with n8n if the running Node.js is older. */
		bundled: string;
	};
	/** Dependencies of n8n, pinned to a version that can be installed. */
	overrides: Record<string, string>;
};

/** The version that most users run. */
export const CURRENT: N8nRecipe = {
	version: '2.41.1',
	node: { minMajor: 24, bundled: '24.21.0' },
	// The newest linkedom requires a package that isn't always available.
	overrides: { linkedom: '0.18.12' },
};

/** The oldest supported n8n: the last 1.x version. */
export const FLOOR: N8nRecipe = {
	version: '1.123.0',
	// n8n 1.x downloads xlsx from its vendor's server. The latest version in the npm registry is sufficient for the tests.
	overrides: { xlsx: '0.18.5' },
};

/**
 * The recipe for a version of n8n.
 * @param version such as `2.41.1`. A version that isn't listed here uses the recipe of its major version.
 */
export function recipeFor(version: string): N8nRecipe {
	if (!/^\d+\.\d+\.\d+$/.test(version)) {
		throw new Error(`"${version}" is not a valid n8n version. Enter a version such as ${CURRENT.version}`);
	}
	const known = [CURRENT, FLOOR].find((recipe) => recipe.version === version);
	const line = Number(version.split('.')[0]) >= 2 ? CURRENT : FLOOR;
	return known ?? { ...line, version };
}
