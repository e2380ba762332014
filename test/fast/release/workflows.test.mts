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
	it('takes every action by its full commit, and says which version that is', () => {
		const uses = textOf(name).split('\n').filter((line) => line.includes('uses:'));
		expect(uses.length).toBeGreaterThan(0);
		for (const line of uses) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	});

	it('has a bound on the time of every job', () => {
		for (const job of Object.values(workflowOf(name).jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
	});

	it('leaves no credentials with what it checks out, and knows no secret', () => {
		const checkouts = stepsOf(name).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
		expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(checkouts.map(() => false));
		expect(textOf(name)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|pull_request_target/);
	});

	it('puts nothing that a stranger may name into a command', () => {
		const commands = stepsOf(name).flatMap(({ run = '' }) => [...run.matchAll(/\$\{\{\s*(.*?)\s*\}\}/g)].map(([, expression]) => expression));
		expect(commands.filter((expression) => !expression?.startsWith('matrix.'))).toEqual([]);
	});

	it('runs commands that there are', () => {
		const tasks = stepsOf(name).flatMap(({ run = '' }) => [...run.matchAll(/npm (?:run )?(?:--silent )?([a-z0-9:]+)/g)].map(([, task = '']) => task));
		expect(tasks.filter((task) => !(task in manifest.scripts) && task !== 'publish')).toEqual([]);
		expect(tasks.length).toBeGreaterThan(0);
	});
});

describe('CI', () => {
	const { permissions, jobs } = workflowOf('ci.yml');

	it('may read and do nothing else', () => {
		expect(permissions).toEqual({ contents: 'read' });
		expect(Object.values(jobs).map((job) => job.permissions)).toEqual(Object.values(jobs).map(() => undefined));
	});

	it('runs the tests on every line of Node.js from the oldest that the package names', () => {
		const nodes = jobs.checks?.strategy?.matrix.node;
		expect(nodes).toEqual([20, 22, 24]);
		expect(manifest.engines.node).toBe(`>=${nodes?.[0]}`);
	});

	it('runs the package in the newest and the oldest n8n that it is for', () => {
		const { include = [] } = jobs.n8n?.strategy?.matrix ?? {};
		expect(include.map(({ n8n }) => n8n)).toEqual([CURRENT.version, FLOOR.version]);
		expect(include[0]?.node).toBeGreaterThanOrEqual(CURRENT.node?.minMajor ?? 0);
	});
});

describe('publishing', () => {
	const text = textOf('publish.yml');

	it('keeps all rules', () => {
		expect(brokenRules(text)).toEqual([]);
	});

	it.each<[string, string | RegExp, string, string]>([
		['starts with a push to a branch', "tags: ['v*.*.*']", "branches: [main]\n    tags: ['v*.*.*']", 'starts with the tag of a version alone'],
		['may do everything by default', 'permissions: {}\n', '', 'allows nothing by default'],
		['runs the tests with the right to publish', 'contents: read\n', 'contents: read\n      id-token: write\n', 'tests and packs without the right to publish'],
		['packs with a token that writes', 'contents: read\n', 'contents: write\n', 'tests and packs without the right to publish'],
		['publishes with more rights than one', 'id-token: write\n', 'id-token: write\n      contents: write\n', 'publishes with the right to name itself alone'],
		['publishes outside the protected environment', /\n +environment: npm\n/, '\n', 'publishes in the protected environment'],
		['does not wait for the tests', /\n +needs: build\n/, '\n', 'publishes after the tests'],
		['publishes although the tests failed', /\n +needs: build\n/, '\n    needs: build\n    if: always()\n', 'publishes after the tests'],
		['checks the sources out where it publishes', '- uses: actions/download-artifact@', `- uses: actions/checkout@${'0'.repeat(40)} # v5.0.0\n      - uses: actions/download-artifact@`, 'takes the tarball and nothing else to where it publishes'],
		['installs where it publishes', '- run: npm publish', '- run: npm ci\n      - run: npm publish', 'runs nothing but the comparison and npm publish where it publishes'],
		['publishes another tarball than it compared', 'npm publish ./package/', 'npm publish ./other/', 'runs nothing but the comparison and npm publish where it publishes'],
		['does not compare the tarball', /\n +- run: echo "\$SHA256[^\n]*\n( {8}[^\n]*\n)*/, '\n', 'runs nothing but the comparison and npm publish where it publishes'],
		['compares with something else', 'needs.build.outputs.sha256', 'needs.build.outputs.other', 'compares the tarball with what the tests gave out'],
		['gives out something else', 'steps.tarball.outputs.sha256', 'steps.other.outputs.sha256', 'compares the tarball with what the tests gave out'],
		['takes tags from anywhere', /\n +- run: git merge-base[^\n]*\n/, '\n', 'takes tags of commits on main alone, before anything else runs'],
		['goes on when the tag is from anywhere', /(git merge-base[^\n]*)\n/, '$1 || true\n', 'takes tags of commits on main alone, before anything else runs'],
		['has not fetched main', 'fetch-depth: 0', 'fetch-depth: 1', 'takes tags of commits on main alone, before anything else runs'],
		['installs what the lock file does not name', '- run: npm test', '- run: npm install\n      - run: npm test', 'tests and checks, and leaves installing to these'],
		['does not test', /\n +- run: npm test\n/, '\n', 'tests and checks, and leaves installing to these'],
		['does not check', /\n +- run: npm run release:check[^\n]*\n/, '\n', 'tests and checks, and leaves installing to these'],
		['takes an action by its version', /download-artifact@[0-9a-f]{40}/, 'download-artifact@v5', 'takes every action by its full commit'],
	])('goes red when the workflow %s', (_, from, to, rule) => {
		const broken = text.replace(from, to);
		expect(broken).not.toBe(text);
		expect(brokenRules(broken)).toContain(rule);
	});
});

/** What has the right to publish runs no code but GitHub's and npm's: not ours, and none of a dependency's. */
function brokenRules(text: string): string[] {
	const { on, permissions, jobs } = parse(text) as Workflow;
	const { build, publish } = jobs;
	const commandsOf = (job?: Job) => (job?.steps ?? []).flatMap(({ run }) => run ?? []);
	const actionsOf = (job?: Job) => (job?.steps ?? []).flatMap(({ uses }) => uses?.split('@')[0] ?? []);
	const [checkout] = build?.steps ?? [];
	const comparison = publish?.steps.find(({ run }) => run?.includes('sha256sum'));
	const rules: Record<string, boolean> = {
		'has two jobs': same(Object.keys(jobs), ['build', 'publish']),
		'starts with the tag of a version alone': same(on, { push: { tags: ['v*.*.*'] } }),
		'allows nothing by default': same(permissions, {}),
		'tests and packs without the right to publish': same(build?.permissions, { contents: 'read' }),
		'publishes with the right to name itself alone': same(publish?.permissions, { 'id-token': 'write' }),
		'publishes in the protected environment': publish?.environment === 'npm' && build?.environment === undefined,
		'publishes after the tests': publish?.needs === 'build' && publish.if === undefined,
		'takes tags of commits on main alone, before anything else runs':
			checkout?.with?.['fetch-depth'] === 0 && build?.steps[1]?.run === 'git merge-base --is-ancestor HEAD origin/main',
		'tests and checks, and leaves installing to these': same(commandsOf(build), [
			'git merge-base --is-ancestor HEAD origin/main',
			'npm test',
			'npm run release:check -- --tag="$GITHUB_REF_NAME"',
			'echo "sha256=$(sha256sum artifacts/release/*.tgz | cut -d \' \' -f 1)" >> "$GITHUB_OUTPUT"',
		]),
		'takes the tarball and nothing else to where it publishes': same(actionsOf(publish), ['actions/setup-node', 'actions/download-artifact']),
		'compares the tarball with what the tests gave out':
			same(build?.outputs, { sha256: '${{ steps.tarball.outputs.sha256 }}' }) &&
			build?.steps.find(({ id }) => id === 'tarball')?.run === commandsOf(build).at(-1) &&
			same(comparison?.env, { SHA256: '${{ needs.build.outputs.sha256 }}' }),
		'runs nothing but the comparison and npm publish where it publishes': same(commandsOf(publish), [
			'echo "$SHA256  $(ls package/*.tgz)" | sha256sum --check --strict',
			'npm publish ./package/*.tgz --provenance --access public --ignore-scripts',
		]),
		'takes every action by its full commit': Object.values(jobs).every(({ steps }) => steps.every(({ uses }) => !uses || /@[0-9a-f]{40}$/.test(uses))),
	};
	return Object.keys(rules).filter((rule) => !rules[rule]);
}

const same = (one: unknown, other: unknown) => isDeepStrictEqual(one, other);
