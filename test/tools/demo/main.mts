/**
 * `npm start`: n8n with the package installed, Modica's API stood in for on this machine, the examples imported
 * and tried, and the editor left open to play with. `npm start -- --once` ends after the trial.
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
import { activateTriggers, example, output, tryCallbacks, type Demo, type Trial } from './callbacks.mts';

const PROJECT = process.cwd();
const EXAMPLES = path.join(PROJECT, 'examples');
/** Where people expect n8n; another port when it is taken. */
const USUAL_PORT = 5678;
const BUILD_TIMEOUT_MS = 5 * 60_000;
/** The name n8n itself gives to a user's first credential of this type: the examples name it. */
const CREDENTIAL_NAME = 'Modica WhatsApp account';
const SAME_CTRL_C_MS = 1_000;
const PARENT_WATCH_MS = 1_000;

/** What is to be ended, the youngest first. */
const toEnd: Array<() => Promise<void>> = [];
let isEnding = false;

async function main(args: string[]): Promise<void> {
	endOnSignals();
	const demo = await setUp();
	const trials = await step('Trying the examples', () => tryExamples(demo));
	console.log(`\n${table(trials)}\n`);
	if (!trials.every(({ isRight }) => isRight)) {
		console.log('Not all of this is as it should be: see the lines marked ✗.');
		process.exitCode = 1;
	}
	if (args.includes('--once')) await end();
	else tellHowToGoOn(demo);
}

async function setUp(): Promise<Demo> {
	await step('Building the package', () =>
		runProgram(process.execPath, [path.join(PROJECT, 'node_modules/gulp/bin/gulp.js')], { cwd: PROJECT, timeoutMs: BUILD_TIMEOUT_MS }),
	);
	const installation = await step(`n8n ${CURRENT.version}`, (tell) => ensureN8n(CURRENT.version, tell));
	const userFolder = await createUserFolder();
	toEnd.push(async () => removeNow(userFolder));
	await step('Installing the package into n8n', async () => {
		const packFolder = await mkdtemp(path.join(tmpdir(), 'n8n-package-'));
		removeAtExit(packFolder);
		await installPackage(await packPackage(PROJECT, packFolder), userFolder);
		removeNow(packFolder);
	});
	const simulator = await step("Starting what stands in for Modica's API", () => startSimulator());
	toEnd.push(() => simulator.stop());
	const n8n = await step('Starting n8n', async () =>
		startN8n(installation, { userFolder, port: await freePort(USUAL_PORT) }),
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

async function tryExamples(demo: Demo): Promise<Trial[]> {
	// Callbacks begin with the second trial: whatever is sent by then has a table for its statuses.
	return [...(await tryFirstMessages(demo)), ...(await tryCallbacks(demo))];
}

async function tryFirstMessages({ rest, simulator, examples }: Demo): Promise<Trial[]> {
	const execution = await rest.runWorkflow(example(examples, 'first-messages.json'));
	const sent = (node: string, type: string): Trial => {
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
			what: 'The whole workflow',
			node: execution.error?.message ?? execution.status,
			api: `${simulator.messages.length} messages`,
			isRight: execution.status === 'success' && simulator.messages.length === 3,
		},
	];
}

function table(trials: Trial[]): string {
	const rows = [
		['', 'Step', 'The node returned', "Modica's stand-in received"],
		...trials.map(({ isRight, what, node, api }) => [isRight ? '✓' : '✗', what, node, api]),
	];
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n');
}

function tellHowToGoOn({ rest, simulator, examples }: Demo): void {
	const lines = [
		`Open      ${rest.session.baseUrl}/workflow/${example(examples, 'first-messages.json').id}`,
		`Log in    ${OWNER.email} with the password ${OWNER.password}`,
		`API       ${simulator.baseUrl} stands in for Modica: nothing leaves this machine. A credential for it has`,
		`          the username ${simulator.username} and the password ${simulator.password}`,
		`Reply     curl -X POST ${simulator.controlUrl}/replies -H 'content-type: application/json' -d '{"type":"text","text":"Hello","source":"64211234567"}'`,
		'',
		'Ctrl-C ends it all and leaves nothing behind.',
	];
	console.log(lines.join('\n'));
}

/** Ends what was started. What does not end by itself goes at the latest with this process. */
async function end(): Promise<void> {
	for (const endIt of toEnd.splice(0).reverse()) await endIt();
}

/** Ctrl-C or a kill ends all in order; a second Ctrl-C does not wait for that. */
function endOnSignals(): void {
	let askedAt = 0;
	const onSignal = (signal: NodeJS.Signals) => {
		if (!isEnding) {
			isEnding = true;
			askedAt = Date.now();
			console.log('\nEnding n8n …');
			const code = process.exitCode ?? (signal === 'SIGINT' ? 0 : 143);
			void end().finally(() => process.exit(code));
		} else if (Date.now() - askedAt > SAME_CTRL_C_MS) {
			// npm passes on a Ctrl-C that the terminal has sent us too: that one is no second.
			process.exit(130);
		}
	};
	for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
	// Whoever started us may be killed without a chance to tell.
	const parent = process.ppid;
	setInterval(() => process.ppid !== parent && !isEnding && onSignal('SIGTERM'), PARENT_WATCH_MS).unref();
}

try {
	await main(process.argv.slice(2));
} catch (error) {
	// What fails because it was told to end is no failure.
	if (!isEnding) {
		console.error(`\n${(error as Error).message}`);
		await end();
		process.exit(1);
	}
}
