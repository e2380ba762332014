import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ICredentialType, INodeTypeDescription } from 'n8n-workflow';
import { builtFrom, pack, type Packed } from '../../harness/pack.mts';
import { bundledLibraries, manifest, PROJECT, sourceFiles, type Manifest } from '../../harness/project.mts';
import { runForJson } from '../../harness/run.mts';

const MOST_BYTES = 450_000;
const REGISTERED = [...manifest.n8n.credentials, ...manifest.n8n.nodes];

let packed: Packed;

beforeAll(async () => {
	packed = await pack();
}, 120_000);

afterAll(() => packed?.remove());

describe('the package', () => {
	it("contains each compiled source, each asset, the licenses of bundled libraries, the entry point, and the files that npm requires; no tests, source maps, or sources", () => {
		const licenseFiles = bundledLibraries().flatMap(({ name, licenses }) => licenses.map((file) => `dist/nodes/ModicaWhatsApp/bundled/${name.replace('/', '-')}.${file}.txt`));
		const expected = ['LICENSE', 'README.md', 'index.js', 'package.json', ...licenseFiles, ...sourceFiles().flatMap(builtFrom)];
		expect(packed.files).toEqual(expected.sort());
	});

	it('is small', () => {
		expect(packed.unpackedSize).toBeGreaterThan(0);
		expect(packed.unpackedSize).toBeLessThan(MOST_BYTES);
	});

	it.each(REGISTERED)('contains the registered file %s', (file) => {
		expect(packed.files).toContain(file);
	});

	it('has a README without broken links', () => {
		const readme = readFileSync(path.join(packed.directory, 'README.md'), 'utf8');
		const links = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
		expect(links.length).toBeGreaterThan(0);
		const missing = links.filter(
			(link) => !/^(https:\/\/|#)/.test(link) && !existsSync(path.join(PROJECT, link.replace(/#.*$/, ''))),
		);
		expect(missing).toEqual([]);
	});

	it('references no source maps', () => {
		const mapped = packed.files.filter(
			(file) => file.endsWith('.js') && readFileSync(path.join(packed.directory, file), 'utf8').includes('sourceMappingURL'),
		);
		expect(mapped).toEqual([]);
	});

	it('needs no other package at runtime', () => {
		const { dependencies, optionalDependencies, bundledDependencies, bundleDependencies, peerDependencies } = JSON.parse(
			readFileSync(path.join(packed.directory, 'package.json'), 'utf8'),
		) as Manifest;
		expect({ dependencies, optionalDependencies, bundledDependencies, bundleDependencies, peerDependencies }).toEqual({
			peerDependencies: { 'n8n-workflow': '*' },
		});
	});
});

describe('its entry point', () => {
	it('exports the class of every registered file', async () => {
		const script = `console.log(JSON.stringify(Object.entries(require(${JSON.stringify(manifest.name)})).map(([name, Class]) => [name, new Class().constructor.name])))`;
		const classes = await runForJson<Array<[string, string]>>(['-e', script], path.dirname(packed.directory));
		const expected = REGISTERED.map((file) => path.basename(file).split('.')[0] ?? '');
		expect(Object.fromEntries(classes)).toEqual(Object.fromEntries(expected.map((name) => [name, name])));
	});
});

const bundled = (name: string) => path.join(packed.directory, 'dist/nodes/ModicaWhatsApp/bundled', `${name}.js`);

describe('the node', () => {
	it('loads the phone number metadata of all countries only on demand, from the package itself', async () => {
		const script = `
			const { ModicaWhatsApp } = require(${JSON.stringify(manifest.name)});
			const loaded = () => Object.keys(require.cache).some((file) => file.includes('phoneNumbers'));
			const node = new ModicaWhatsApp();
			const before = loaded();
			node.methods.loadOptions.getCountries().then((choices) => console.log(JSON.stringify([before, choices.length > 240, loaded()])));`;
		expect(await runForJson(['-e', script], path.dirname(packed.directory))).toEqual([false, true, true]);
	});

	it('loads the Markdown parser only for Markdown texts, from the package itself', async () => {
		const script = `
			require(${JSON.stringify(manifest.name)});
			const { readText } = require(${JSON.stringify(path.join(packed.directory, 'dist/nodes/ModicaWhatsApp/operations/message/text.js'))});
			const loaded = () => Object.keys(require.cache).some((file) => file.endsWith('bundled/markdown.js'));
			const text = (textFormat) => readText({ parameter: (name) => (name === 'text' ? '# **Kia** _ora_' : { textFormat }) }).text.body;
			console.log(JSON.stringify([text('plain'), loaded(), text('markdown'), loaded()]));`;
		expect(await runForJson(['-e', script], path.dirname(packed.directory))).toEqual(['# **Kia** _ora_', false, '*Kia _ora_*', true]);
	});

	it('parses numbers like the original library, without its formatting rules', async () => {
		const script = `
			const whole = require('libphonenumber-js/mobile');
			const packed = require(${JSON.stringify(bundled('phoneNumbers'))});
			const examples = require('libphonenumber-js/mobile/examples');
			const read = ({ parsePhoneNumberFromString }, text, defaultCountry) => {
				const number = parsePhoneNumberFromString(text, { defaultCountry, extract: false });
				return number && [number.number, number.country, number.isValid()].join();
			};
			let count = 0;
			const different = [];
			for (const country of whole.getCountries()) {
				const code = whole.getCountryCallingCode(country);
				for (const digits of [examples[country], examples[country].slice(1), examples[country] + '1', examples[country].replace(/.$/, '0')]) {
					for (const text of [digits, '0' + digits, '1' + digits, '8' + digits, code + digits, '+' + code + digits, '+' + code + '0' + digits]) {
						count++;
						if (read(whole, text, country) !== read(packed, text, country)) different.push([country, text]);
					}
				}
			}
			console.log(JSON.stringify([count > 6_000, different, read(packed, '021 123 4567', 'NZ')]));`;
		expect(await runForJson(['-e', script], PROJECT)).toEqual([true, [], '+64211234567,NZ,true']);
		expect(statSync(bundled('phoneNumbers')).size).toBeLessThan(100_000);
	});
});

describe("n8n's own loader", () => {
	let loaded: {
		packageName: string;
		known: Record<'nodes' | 'credentials', Record<string, { className: string; sourcePath: string; supportedNodes?: string[] }>>;
		types: { nodes: INodeTypeDescription[]; credentials: ICredentialType[] };
	};

	beforeAll(async () => {
		loaded = await runForJson([path.join(__dirname, 'load.mjs'), packed.directory], PROJECT);
	});

	it('loads every registered node and credential', () => {
		const files = (known: Record<string, { sourcePath: string }>) =>
			Object.values(known).map(({ sourcePath }) => sourcePath).sort();
		expect(loaded.packageName).toBe('n8n-nodes-modica-whatsapp');
		expect(files(loaded.known.nodes)).toEqual([...manifest.n8n.nodes].sort());
		expect(files(loaded.known.credentials)).toEqual([...manifest.n8n.credentials].sort());
	});

	it('knows which nodes use the credential', () => {
		expect(loaded.known.credentials.modicaWhatsAppApi?.supportedNodes).toEqual(Object.keys(loaded.known.nodes));
	});

	it('reports the version of the package to the editor', () => {
		const versions = loaded.types.nodes.map(({ communityNodePackageVersion }) => communityNodePackageVersion);
		expect(versions).toEqual(manifest.n8n.nodes.map(() => manifest.version));
	});

	it('loads the search terms and documentation links of every node', () => {
		for (const { name, codex } of loaded.types.nodes) {
			expect([name, codex]).toEqual([
				name,
				{
					categories: expect.arrayContaining(['Communication']),
					alias: expect.arrayContaining(['whatsapp', 'modica']),
					resources: {
						primaryDocumentation: [{ url: expect.stringMatching(/^https:/) }],
						credentialDocumentation: [{ url: expect.stringMatching(/^https:/) }],
					},
				},
			]);
		}
	});

	it('finds different icons for light and dark mode for every node and for the credential', () => {
		const prefix = `icons/${manifest.name}/`;
		for (const { name, iconUrl } of [...loaded.types.nodes, ...loaded.types.credentials]) {
			expect([name, iconUrl]).toEqual([
				name,
				{ light: expect.stringContaining(prefix), dark: expect.stringContaining(prefix) },
			]);
			const { light, dark } = iconUrl as { light: string; dark: string };
			const files = [light, dark].map((url) => path.join(packed.directory, url.slice(prefix.length)));
			expect(files.map((file) => statSync(file).isFile())).toEqual([true, true]);
			const [lightImage, darkImage] = files.map((file) => readFileSync(file, 'utf8'));
			expect(lightImage).toMatch(/^<svg[^>]+viewBox/);
			expect(darkImage).toMatch(/^<svg[^>]+viewBox/);
			expect(darkImage).not.toBe(lightImage);
		}
	});
});

interface Linted {
	filePath: string;
	messages: Array<{ ruleId: string | null; severity: number; line: number; message: string }>;
}

describe("n8n's scanner of community packages", () => {
	let bad: string;
	let ofPackage: Linted[];
	let ofSources: Linted[];
	let ofBadPackage: Linted[];

	beforeAll(async () => {
		bad = await mkdtemp(path.join(tmpdir(), 'bad-package-'));
		await mkdir(path.join(bad, 'nodes/Bad'), { recursive: true });
		await mkdir(path.join(bad, 'dist'));
		await writeFile(path.join(bad, 'dist/a.js'), '/* eslint-disable */ console.log(setTimeout); require("axios");\n');
		await writeFile(
			path.join(bad, 'nodes/Bad/Bad.node.ts'),
			'export class Bad { description = { displayName: "Bad", name: "Bad Name", properties: [{ displayName: "a field", name: "a", type: "string" }] }; }\n',
		);
		await writeFile(
			path.join(bad, 'package.json'),
			JSON.stringify({ name: 'bad', scripts: { postinstall: 'x' }, overrides: {}, dependencies: { axios: '1' } }),
		);
		const tasks = [
			[packed.directory, '**/*.js', 'package.json'],
			[PROJECT, 'package.json', '{nodes,credentials}/**/*.{js,ts,json}'],
			[bad, '**/*.{js,ts}', 'package.json'],
		];
		[ofPackage, ofSources, ofBadPackage] = await runForJson<[Linted[], Linted[], Linted[]]>([path.join(__dirname, 'scan.mjs'), JSON.stringify(tasks)], PROJECT);
	});

	afterAll(async () => await rm(bad, { recursive: true, force: true }));

	const complaints = (files: Linted[]) =>
		files.flatMap(({ filePath, messages }) =>
			messages.map(({ ruleId, line, message }) => `${path.basename(filePath)}:${line} ${ruleId}: ${message}`),
		);

	it('reports no problems in the packed files', () => {
		const compiled = packed.files.filter((file) => file.endsWith('.js'));
		expect(complaints(ofPackage)).toEqual([]);
		expect(ofPackage).toHaveLength(compiled.length + 1);
	});

	it('reports no problems in the sources, ignoring inline exceptions', () => {
		expect(complaints(ofSources)).toEqual([]);
		expect(ofSources.length).toBeGreaterThan(manifest.n8n.nodes.length + manifest.n8n.credentials.length);
	});

	it('reports problems in a package that breaks its rules', () => {
		expect(ofBadPackage.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId))).toEqual(
			expect.arrayContaining([
				'no-console',
				'@n8n/community-nodes/no-restricted-globals',
				'@n8n/community-nodes/no-restricted-imports',
				'@n8n/community-nodes/no-forbidden-lifecycle-scripts',
				'@n8n/community-nodes/no-overrides-field',
				'@n8n/community-nodes/no-runtime-dependencies',
				'n8n-nodes-base/node-param-default-missing',
			]),
		);
	});
});
