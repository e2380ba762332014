import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { CURRENT, FLOOR } from '../../harness/n8n/versions.mts';
import { manifest, PROJECT } from '../../harness/project.mts';

interface Step {
	id?: string;
	uses?: string;
	run?: string;
	with?: Record<string, unknown>;
	env?: Record<string, string>;
}
interface Job {
	needs?: string;
	if?: string;
	environment?: string;
	outputs?: Record<string, string>;
	permissions?: Record<string, string>;
	'timeout-minutes'?: number;
	strategy?: { matrix: { node?: number[]; include?: Array<{ n8n: string; node: number }> } };
	steps: Step[];
}
interface Workflow {
	on: Record<string, unknown>;
	permissions: Record<string, string>;
	jobs: Record<string, Job>;
}

const FOLDER = path.join(PROJECT, '.github/workflows');
const names = readdirSync(FOLDER).sort();
const textOf = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8');
const workflowOf = (name: string) => parse(textOf(name)) as Workflow;
const stepsOf = (name: string) => Object.values(workflowOf(name).jobs).flatMap(({ steps }) => steps);

describe.each(names)('the workflow %s', (name) => {
	it('pins every action to a full commit, with the version in a comment', () => {
		const uses = textOf(name).split('\n').filter((line) => line.includes('uses:'));
		expect(uses.length).toBeGreaterThan(0);
		for (const line of uses) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	});

	it('limits the duration of every job', () => {
		for (const job of Object.values(workflowOf(name).jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
	});

	it('keeps no credentials after checkout, and uses no secrets', () => {
		const checkouts = stepsOf(name).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
		expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(checkouts.map(() => false));
		expect(textOf(name)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|pull_request_target/);
	});

	it('uses no untrusted input in commands', () => {
		const commands = stepsOf(name).flatMap(({ run = '' }) => [...run.matchAll(/\$\{\{\s*(.*?)\s*\}\}/g)].map(([, expression]) => expression));
		expect(commands.filter((expression) => !expression?.startsWith('matrix.'))).toEqual([]);
	});

	it('runs existing scripts only', () => {
		const tasks = stepsOf(name).flatMap(({ run = '' }) => [...run.matchAll(/npm (?:run )?(?:--silent )?([a-z0-9:]+)/g)].map(([, task = '']) => task));
		expect(tasks.filter((task) => !(task in manifest.scripts) && task !== 'publish')).toEqual([]);
		expect(tasks.length).toBeGreaterThan(0);
	});
});

describe('CI', () => {
	const { permissions, jobs } = workflowOf('ci.yml');

	it('has read permissions only', () => {
		expect(permissions).toEqual({ contents: 'read' });
		expect(Object.values(jobs).map((job) => job.permissions)).toEqual(Object.values(jobs).map(() => undefined));
	});

	it('runs the tests on every supported major version of Node.js', () => {
		const nodes = jobs.checks?.strategy?.matrix.node;
		expect(nodes).toEqual([20, 22, 24]);
		expect(manifest.engines.node).toBe(`>=${nodes?.[0]}`);
	});

	it('runs the package in the newest and the oldest supported n8n', () => {
		const { include = [] } = jobs.n8n?.strategy?.matrix ?? {};
		expect(include.map(({ n8n }) => n8n)).toEqual([CURRENT.version, FLOOR.version]);
		expect(include[0]?.node).toBeGreaterThanOrEqual(CURRENT.node?.minMajor ?? 0);
	});
});

describe('publishing', () => {
	const text = textOf('publish.yml');

	it('follows all rules', () => {
		expect(brokenRules(text)).toEqual([]);
	});

	it.each<[string, string | RegExp, string, string]>([
		['starts on a push to a branch', "tags: ['v*.*.*']", "branches: [main]\n    tags: ['v*.*.*']", 'starts on version tags only'],
		['has all permissions by default', 'permissions: {}\n', '', 'has no permissions by default'],
		['runs the tests with permission to publish', 'contents: read\n', 'contents: read\n      id-token: write\n', 'tests and packs without permission to publish'],
		['packs with a write token', 'contents: read\n', 'contents: write\n', 'tests and packs without permission to publish'],
		['publishes with additional permissions', 'id-token: write\n', 'id-token: write\n      contents: write\n', 'publishes with permission for its identity token only'],
		['publishes outside the protected environment', /\n +environment: npm\n/, '\n', 'publishes in the protected environment'],
		['does not wait for the tests', /\n +needs: build\n/, '\n', 'publishes after the tests'],
		['publishes even if the tests failed', /\n +needs: build\n/, '\n    needs: build\n    if: always()\n', 'publishes after the tests'],
		['checks out the sources in the publishing job', '- uses: actions/download-artifact@', `- uses: actions/checkout@${'0'.repeat(40)} # v5.0.0\n      - uses: actions/download-artifact@`, 'passes only the tarball to the publishing job'],
		['installs dependencies in the publishing job', '- run: npm publish', '- run: npm ci\n      - run: npm publish', 'runs only the comparison and npm publish in the publishing job'],
		['publishes a tarball other than the one it compared', 'npm publish ./package/', 'npm publish ./other/', 'runs only the comparison and npm publish in the publishing job'],
		['does not compare the tarball', /\n +- run: echo "\$SHA256[^\n]*\n( {8}[^\n]*\n)*/, '\n', 'runs only the comparison and npm publish in the publishing job'],
		['compares with another checksum', 'needs.build.outputs.sha256', 'needs.build.outputs.other', 'compares the tarball with the checksum of the build job'],
		['passes on another checksum', 'steps.tarball.outputs.sha256', 'steps.other.outputs.sha256', 'compares the tarball with the checksum of the build job'],
		['accepts tags on any commit', /\n +- run: git merge-base[^\n]*\n/, '\n', 'first rejects tags on commits outside main'],
		['continues if the tag is on a commit outside main', /(git merge-base[^\n]*)\n/, '$1 || true\n', 'first rejects tags on commits outside main'],
		['does not fetch main', 'fetch-depth: 0', 'fetch-depth: 1', 'first rejects tags on commits outside main'],
		['installs dependencies outside the lock file', '- run: npm test', '- run: npm install\n      - run: npm test', 'tests and checks, and leaves installation to these commands'],
		['does not test', /\n +- run: npm test\n/, '\n', 'tests and checks, and leaves installation to these commands'],
		['does not check', /\n +- run: npm run release:check[^\n]*\n/, '\n', 'tests and checks, and leaves installation to these commands'],
		['references an action by version', /download-artifact@[0-9a-f]{40}/, 'download-artifact@v5', 'pins every action to a full commit'],
	])('breaks a rule if the workflow %s', (_, from, to, rule) => {
		const broken = text.replace(from, to);
		expect(broken).not.toBe(text);
		expect(brokenRules(broken)).toContain(rule);
	});
});

/** The job with permission to publish runs only code from GitHub and npm, none from this repository or its dependencies. */
function brokenRules(text: string): string[] {
	const { on, permissions, jobs } = parse(text) as Workflow;
	const { build, publish } = jobs;
	const commandsOf = (job?: Job) => (job?.steps ?? []).flatMap(({ run }) => run ?? []);
	const actionsOf = (job?: Job) => (job?.steps ?? []).flatMap(({ uses }) => uses?.split('@')[0] ?? []);
	const [checkout] = build?.steps ?? [];
	const comparison = publish?.steps.find(({ run }) => run?.includes('sha256sum'));
	const rules: Record<string, boolean> = {
		'has two jobs': same(Object.keys(jobs), ['build', 'publish']),
		'starts on version tags only': same(on, { push: { tags: ['v*.*.*'] } }),
		'has no permissions by default': same(permissions, {}),
		'tests and packs without permission to publish': same(build?.permissions, { contents: 'read' }),
		'publishes with permission for its identity token only': same(publish?.permissions, { 'id-token': 'write' }),
		'publishes in the protected environment': publish?.environment === 'npm' && build?.environment === undefined,
		'publishes after the tests': publish?.needs === 'build' && publish.if === undefined,
		'first rejects tags on commits outside main':
			checkout?.with?.['fetch-depth'] === 0 && build?.steps[1]?.run === 'git merge-base --is-ancestor HEAD origin/main',
		'tests and checks, and leaves installation to these commands': same(commandsOf(build), [
			'git merge-base --is-ancestor HEAD origin/main',
			'npm test',
			'npm run release:check -- --tag="$GITHUB_REF_NAME"',
			'echo "sha256=$(sha256sum artifacts/release/*.tgz | cut -d \' \' -f 1)" >> "$GITHUB_OUTPUT"',
		]),
		'passes only the tarball to the publishing job': same(actionsOf(publish), ['actions/setup-node', 'actions/download-artifact']),
		'compares the tarball with the checksum of the build job':
			same(build?.outputs, { sha256: '${{ steps.tarball.outputs.sha256 }}' }) &&
			build?.steps.find(({ id }) => id === 'tarball')?.run === commandsOf(build).at(-1) &&
			same(comparison?.env, { SHA256: '${{ needs.build.outputs.sha256 }}' }),
		'runs only the comparison and npm publish in the publishing job': same(commandsOf(publish), [
			'echo "$SHA256  $(ls package/*.tgz)" | sha256sum --check --strict',
			'npm publish ./package/*.tgz --provenance --access public --ignore-scripts',
		]),
		'pins every action to a full commit': Object.values(jobs).every(({ steps }) => steps.every(({ uses }) => !uses || /@[0-9a-f]{40}$/.test(uses))),
	};
	return Object.keys(rules).filter((rule) => !rules[rule]);
}

const same = (one: unknown, other: unknown) => isDeepStrictEqual(one, other);
