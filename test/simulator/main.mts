/** Runs the simulator by itself: `npm run simulator -- --help`. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { DeliveredCallback } from './records.mts';
import type { MessageStatus } from './settings.mts';
import { type Simulator, type SimulatorSettings, startSimulator } from './simulator.mts';

const HELP = `A stand-in for the WhatsApp API, on this machine alone.

  --port NUMBER          port to listen on (default: any free one)
  --username NAME        user name it lets in
  --password TEXT        password it lets in
  --rate-limit NUMBER    requests a second before it answers 429 (default: no limit)
  --token-bucket         refill the limit evenly instead of once a second
  --latency MS           milliseconds each answer is held back
  --status-url URL       where status callbacks go; may carry user:password@
  --reply-url URL        where replies go; may carry user:password@
  --status-step MS       milliseconds between two statuses of a message
  --alternative          answer in the other of the two shapes that are seen
  --errors               errors as {errors: […]} instead of {message, statusCode, error}
  --fetch-media          fetch the links of media messages, as WhatsApp would

To make one callback come and nothing else, such as while a trigger listens for a test event:

  --reply TEXT           a customer writes this, to --reply-url
  --status STATUS        a message gets this status, such as read, at --status-url
`;

const CUSTOMER = '64123456789';
/** What to do, by the status with which a callback was answered. */
const ADVICE: Record<number, string> = {
	401: '. Put the Callback Username and Callback Password of the credential into the URL, special characters URL-encoded: http://user:password@…',
	404: '. Is it listening? The Test URL does after a press of Execute step in the trigger, the Production URL while the workflow is published',
};

/** A callback to be sent at once, in place of a server. */
interface Single {
	send: (simulator: Simulator) => Promise<DeliveredCallback>;
	url: string;
}

/** Reads the flags. Throws on an unknown one, and on a number that is none. */
function settingsOf(args: string[]): { settings: Partial<SimulatorSettings>; singles: Single[] } | 'help' {
	const { values } = parseArgs({
		args,
		options: {
			help: { type: 'boolean', short: 'h' },
			port: { type: 'string' },
			username: { type: 'string' },
			password: { type: 'string' },
			'rate-limit': { type: 'string' },
			'token-bucket': { type: 'boolean' },
			latency: { type: 'string' },
			'status-url': { type: 'string' },
			'reply-url': { type: 'string' },
			'status-step': { type: 'string' },
			alternative: { type: 'boolean' },
			errors: { type: 'boolean' },
			'fetch-media': { type: 'boolean' },
			reply: { type: 'string' },
			status: { type: 'string' },
		},
	});
	if (values.help) return 'help';
	const number = (name: 'port' | 'rate-limit' | 'latency' | 'status-step'): number | undefined => {
		const text = values[name];
		if (text === undefined) return undefined;
		if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}"`);
		return Number(text);
	};
	const url = (name: 'status-url' | 'reply-url', wantedBy: string): string => {
		const given = values[name];
		if (given === undefined || !URL.canParse(given)) throw new Error(`${wantedBy} needs --${name}, such as http://user:password@localhost:5678/webhook-test/…`);
		return given;
	};
	const { reply: text, status } = values;
	const singles: Single[] = [
		...(text === undefined ? [] : [{ send: async (simulator: Simulator) => await simulator.sendReply({ type: 'text', text, source: CUSTOMER }), url: url('reply-url', '--reply') }]),
		...(status === undefined
			? []
			: [{ send: async (simulator: Simulator) => await simulator.sendStatus({ id: randomUUID(), status: status as MessageStatus }), url: url('status-url', '--status') }]),
	];
	const requestsPerSecond = number('rate-limit');
	const settings: Partial<SimulatorSettings> = {
		port: number('port'),
		username: values.username,
		password: values.password,
		rateLimit: requestsPerSecond === undefined ? undefined : { requestsPerSecond, algorithm: values['token-bucket'] ? 'tokenBucket' : 'fixedWindow' },
		latencyMs: number('latency'),
		statusCallbackUrl: values['status-url'],
		replyCallbackUrl: values['reply-url'],
		statusStepMs: number('status-step'),
		responseShape: values.alternative ? 'alternative' : undefined,
		errorShape: values.errors ? 'errors' : undefined,
		fetchMediaUrls: values['fetch-media'],
	};
	return { settings, singles };
}

/** Sends one callback after another and tells how each was answered. Makes the program fail when one was not taken. */
async function sendSingles(simulator: Simulator, singles: readonly Single[]): Promise<void> {
	simulator.configure({ callbackTries: 1 });
	for (const { send, url } of singles) {
		const { tries } = await send(simulator);
		const [{ status, error } = {}] = tries;
		const { host, pathname } = new URL(url);
		console.log(`${host}${pathname} answered ${status ?? `nothing: ${error}`}${ADVICE[status ?? 0] ?? ''}`);
		if (status !== 200) process.exitCode = 1;
	}
}


async function main(): Promise<void> {
	const asked = settingsOf(process.argv.slice(2));
	if (asked === 'help') {
		console.log(HELP);
		return;
	}
	const simulator = await startSimulator(asked.settings);
	if (asked.singles.length > 0) {
		await sendSingles(simulator, asked.singles);
		await simulator.stop();
		return;
	}
	const { baseUrl, controlUrl, username, password } = simulator;
	const reply = JSON.stringify({ source: CUSTOMER, type: 'text', text: 'Kia ora' });
	console.log(`The WhatsApp API, standing in

  Base URL   ${baseUrl}
  Username   ${username}
  Password   ${password}

  What it has seen     curl ${controlUrl}
  Requests, messages   curl ${controlUrl}/requests  …/messages  …/callbacks  …/media
  Where callbacks go   curl -X POST ${controlUrl}/configure -d '{"statusCallbackUrl":"https://…","replyCallbackUrl":"https://…"}'
  A customer's reply   curl -X POST ${controlUrl}/replies -d '${reply}'
  Something broken     curl -X POST ${controlUrl}/faults -d '{"kind":"status","status":503}'

Ctrl-C ends it.`);

	const stop = () => void simulator.stop();
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
