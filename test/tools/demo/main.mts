/**
 * `npm start`: starts n8n with the package, a simulated Modica API, and the examples, runs some of the examples, and keeps
 * n8n running for manual testing. `npm start -- --once` exits after it has run the examples.
 */
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { CALLBACK_LOGIN } from '../../harness/n8n/callbacks.mts';
import { ensureN8n } from '../../harness/n8n/install.mts';
import { N8nRest, OWNER, type StoredWorkflow, type WorkflowFile } from '../../harness/n8n/rest.mts';
import { createUserFolder, installPackage, packPackage, startN8n } from '../../harness/n8n/server.mts';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { freePort } from '../../harness/ports.mts';
import { removeAtExit, removeNow, runProgram } from '../../harness/processes.mts';
import { step } from '../../progress.mjs';
import { startSimulator } from '../../simulator/simulator.mts';
import { activateTriggers, checkCallbacks, example, output, REPLIES, type Check, type Demo } from './callbacks.mts';

const PROJECT = process.cwd();
const EXAMPLES = path.join(PROJECT, 'examples');
/** n8n's default port. If it's in use, another one is chosen. */
const DEFAULT_PORT = 5678;
const BUILD_TIMEOUT_MS = 5 * 60_000;
/** The default name of the first credential of this type in n8n. The examples use it. */
const CREDENTIAL_NAME = 'Modica WhatsApp account';
const SAME_CTRL_C_MS = 1_000;
const PARENT_WATCH_MS = 1_000;

/** Stops everything that was started, in reverse order. */
const toEnd: Array<() => Promise<void>> = [];
let isEnding = false;

async function main(args: string[]): Promise<void> {
	endOnSignals();
	const demo = await setUp();
	const checks = await step('Running examples', () => checkExamples(demo));
	console.log(`\n${table(checks)}\n`);
	if (!checks.every(({ isRight }) => isRight)) {
		console.log('Some results are wrong. They are marked with ✗.\n');
		process.exitCode = 1;
	}
	if (args.includes('--once')) await end();
	else printInstructions(demo);
}

async function setUp(): Promise<Demo> {
	await step('Building the package', () =>
		runProgram(process.execPath, [path.join(PROJECT, 'node_modules/gulp/bin/gulp.js')], { cwd: PROJECT, timeoutMs: BUILD_TIMEOUT_MS }),
	);
	const installation = await step(`Preparing n8n ${CURRENT.version}`, (tell) => ensureN8n(CURRENT.version, tell));
	const userFolder = await createUserFolder();
	toEnd.push(async () => removeNow(userFolder));
	await step('Installing the package in n8n', async () => {
		const packFolder = await mkdtemp(path.join(tmpdir(), 'n8n-package-'));
		removeAtExit(packFolder);
		await installPackage(await packPackage(PROJECT, packFolder), userFolder);
		removeNow(packFolder);
	});
	const simulator = await step('Starting the simulated Modica API', () => startSimulator());
	toEnd.push(() => simulator.stop());
	const n8n = await step('Starting n8n', async () =>
		startN8n(installation, { userFolder, port: await freePort(DEFAULT_PORT) }),
	);
	toEnd.push(() => n8n.stop());
	return await step('Adding the credential and the examples', async () => {
		const rest = await N8nRest.logIn(n8n.baseUrl);
		const { username, password, baseUrl } = simulator;
		const credential = await rest.createCredential('modicaWhatsAppApi', { username, password, baseUrl, ...CALLBACK_LOGIN }, CREDENTIAL_NAME);
		const examples = new Map<string, StoredWorkflow>();
		for (const file of (await readdir(EXAMPLES)).filter((name) => name.endsWith('.json')).sort()) {
			const workflow = JSON.parse(await readFile(path.join(EXAMPLES, file), 'utf8')) as WorkflowFile;
			examples.set(file, await rest.importWorkflow(workflow, credential));
		}
		await activateTriggers({ rest, simulator, examples });
		return { rest, simulator, examples };
	});
}

async function checkExamples(demo: Demo): Promise<Check[]> {
	// Callbacks start after the first messages, when the example has created the table for their statuses.
	return [...(await checkFirstMessages(demo)), ...(await checkCallbacks(demo))];
}

async function checkFirstMessages({ rest, simulator, examples }: Demo): Promise<Check[]> {
	const execution = await rest.runWorkflow(example(examples, 'first-messages.json'));
	const sent = (node: string, type: string): Check => {
		const { id, status, to } = output(execution, node);
		const message = simulator.messages.find((candidate) => candidate.id === id);
		const violations = simulator.requests[message?.requestIndex ?? -1]?.violations ?? [];
		return {
			what: node,
			node: `${status} ${id}`,
			api: message ? `${message.payload.type} to ${message.to}` : 'nothing',
			isRight: status === 'accepted' && message?.to === to && message?.payload.type === type && violations.length === 0,
		};
	};
	const found = output(execution, 'Get text status');
	const text = output(execution, 'Send text');
	const attributes = found.attributes as IDataObject | undefined;
	const lookUps = simulator.requests.filter(({ method, query }) => method === 'GET' && query.id === text.id);
	return [
		sent('Send text', 'text'),
		sent('Send template', 'template'),
		sent('Send image', 'media'),
		{
			what: 'Get text status',
			node: `${found.status}: “${attributes?.body}”`,
			api: lookUps.map(({ method, path: below, status }) => `${method} ${below} → ${status}`).join(', ') || 'nothing',
			isRight: text.id !== undefined && found.id === text.id && attributes?.body === 'Kia ora from n8n!' && lookUps.length === 1,
		},
		{
			what: 'Entire workflow',
			node: execution.error?.message ?? execution.status,
			api: `${simulator.messages.length} messages`,
			isRight: execution.status === 'success' && simulator.messages.length === 3,
		},
	];
}

function table(checks: Check[]): string {
	const rows = [
		['', 'Step', 'Output of the node', 'Received by the simulated API'],
		...checks.map(({ isRight, what, node, api }) => [isRight ? '✓' : '✗', what, node, api]),
	];
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}

function printInstructions({ rest, simulator, examples }: Demo): void {
	const { baseUrl } = rest.session;
	const lines = [
		'n8n is running with the package, its examples, and a credential. Messages go to a simulated',
		'Modica API on this computer and never to WhatsApp.',
		'',
		'1. Send messages. Open this workflow, log in, and click Execute workflow. Double-click a node to see its output.',
		`     URL       ${baseUrl}/workflow/${example(examples, 'first-messages.json').id}`,
		`     Email     ${OWNER.email}`,
		`     Password  ${OWNER.password}`,
		'',
		'2. See their delivery statuses in the data table "WhatsApp deliveries".',
		`     URL       ${baseUrl}/home/datatables`,
		'',
		'3. Write to the business as a customer. Run this command in another terminal:',
		`     curl -X POST ${simulator.controlUrl}/replies -H 'content-type: application/json' -d '{"type":"text","text":"Hello","source":"64211234567"}'`,
		'   The workflow answers. See the reply and the answer in its latest execution:',
		`     URL       ${baseUrl}/workflow/${example(examples, REPLIES).id}/executions`,
		'',
		'To add another credential for the simulated API, enter these values:',
		`     Base URL  ${simulator.baseUrl}`,
		`     Username  ${simulator.username}`,
		`     Password  ${simulator.password}`,
		'',
		'Press Ctrl+C to stop n8n and delete its data.',
	];
	console.log(lines.join('\n'));
}

/** Stops everything that was started. Programs that don't stop are killed when this process exits. */
async function end(): Promise<void> {
	for (const endIt of toEnd.splice(0).reverse()) await endIt();
}

/** Stops everything in order on Ctrl+C or a signal. A second Ctrl+C exits at once. */
function endOnSignals(): void {
	let askedAt = 0;
	const onSignal = (signal: NodeJS.Signals) => {
		if (!isEnding) {
			isEnding = true;
			askedAt = Date.now();
			console.log('\nStopping n8n…');
			const code = process.exitCode ?? (signal === 'SIGINT' ? 0 : 143);
			void end().finally(() => process.exit(code));
		} else if (Date.now() - askedAt > SAME_CTRL_C_MS) {
			// The terminal sends Ctrl+C to this process, and npm passes it on again shortly after. That isn't a second Ctrl+C.
			process.exit(130);
		}
	};
	for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
	// The parent process may be killed without passing on a signal.
	const parent = process.ppid;
	setInterval(() => process.ppid !== parent && !isEnding && onSignal('SIGTERM'), PARENT_WATCH_MS).unref();
}

try {
	await main(process.argv.slice(2));
} catch (error) {
	// Errors that occur because everything is being stopped are ignored.
	if (!isEnding) {
		console.error(`\n${(error as Error).message}`);
		await end();
		process.exit(1);
	}
}
