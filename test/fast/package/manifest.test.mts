import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { filesIn, manifest, PROJECT } from '../../harness/project.mts';

/** Scripts that npm runs automatically when a package is installed, packed, or published. */
const LIFECYCLE = /^(pre|post)?(install|uninstall|prepare|pack|publish|publishOnly|version|shrinkwrap)$|^dependencies$|^(pre|post)(start|stop|test|restart)$/;

describe('package.json', () => {
	it('declares an n8n package: its name, its keyword, and strict mode', () => {
		const { name, keywords, license, n8n } = manifest;
		expect(name).toBe('n8n-nodes-modica-whatsapp');
		expect(keywords).toContain('n8n-community-node-package');
		expect(license).toBe('MIT');
		expect(n8n).toMatchObject({ n8nNodesApiVersion: 1, strict: true });
	});

	it("depends on n8n-workflow only, as a peer", () => {
		const { peerDependencies, dependencies, optionalDependencies, bundledDependencies, overrides, resolutions } = manifest;
		expect(peerDependencies).toEqual({ 'n8n-workflow': '*' });
		expect({ dependencies, optionalDependencies, bundledDependencies, overrides, resolutions }).toEqual({});
	});

	it('has no scripts that run on installation', () => {
		expect(Object.keys(manifest.scripts).filter((name) => LIFECYCLE.test(name) && name !== 'prepublishOnly')).toEqual([]);
	});

	it('publishes the built files and the entry point, and no other files', () => {
		expect(manifest.files).toEqual(['dist', 'index.js']);
		expect(manifest.main).toBe('index.js');
	});

	it('registers every node and every credential', () => {
		const compiled = (folder: string, suffix: string) =>
			filesIn(folder)
				.filter((file) => file.endsWith(`${suffix}.ts`))
				.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);
		expect([...manifest.n8n.nodes].sort()).toEqual(compiled('nodes', '.node'));
		expect([...manifest.n8n.credentials].sort()).toEqual(compiled('credentials', '.credentials'));
	});

	it('matches the lock file', () => {
		const { packages } = JSON.parse(readFileSync(path.join(PROJECT, 'package-lock.json'), 'utf8')) as {
			packages: Record<string, unknown>;
		};
		const { name, version, license, engines, devDependencies, peerDependencies } = manifest;
		expect(packages['']).toEqual({ name, version, license, engines, devDependencies, peerDependencies });
	});
});

describe("the official linter's settings", () => {
	it("are n8n's unchanged template", () => {
		const template = "import { config } from '@n8n/node-cli/eslint';\n\nexport default config;\n";
		expect(readFileSync(path.join(PROJECT, 'eslint.config.mjs'), 'utf8')).toBe(template);
	});

	it('are the only ones that the linter finds', () => {
		const others = ['js', 'cjs', 'ts', 'mts', 'cts'].map((extension) => `eslint.config.${extension}`);
		expect([...others, '.eslintrc', '.eslintrc.js', '.eslintrc.json'].filter((name) => existsSync(path.join(PROJECT, name)))).toEqual([]);
	});
});
