import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { CURRENT, FLOOR } from '../n8n/versions.mts';
import { manifest, PROJECT } from '../package/project.mts';

interface Step {
	uses?: string;
	run?: string;
	with?: Record<string, unknown>;
	env?: Record<string, string>;
}
interface Job {
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
		expect(checkouts.map((step) => step.with)).toEqual(checkouts.map(() => ({ 'persist-credentials': false })));
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
	const { on, permissions, jobs } = workflowOf('publish.yml');

	it('starts with the tag of a version, and with nothing else', () => {
		expect(on).toEqual({ push: { tags: ['v*.*.*'] } });
	});

	it('may read, and prove to the registry which workflow it is; no more', () => {
		expect(permissions).toEqual({});
		expect(Object.values(jobs).map((job) => job.permissions)).toEqual([{ contents: 'read', 'id-token': 'write' }]);
	});

	it('publishes, with provenance, the very tarball that was checked, after all checks', () => {
		const commands = stepsOf('publish.yml').flatMap(({ run }) => run ?? []);
		expect(commands).toEqual(['npm test', 'npm run release:check -- --tag="$GITHUB_REF_NAME"', 'npm publish ./artifacts/release/*.tgz --provenance --access public']);
	});
});
