/** Runs the simulator alone: `npm run simulator -- --help`. */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { DeliveredCallback } from './records.mts';
import type { MessageStatus } from './settings.mts';
import { type Simulator, type SimulatorSettings, startSimulator } from './simulator.mts';

const HELP = `Simulates the WhatsApp API on this computer.

  --port NUMBER          port to listen on (default: any free port)
  --username NAME        accepted username
  --password TEXT        accepted password
  --rate-limit NUMBER    requests per second before the response is 429 (default: no limit)
  --token-bucket         refill the rate limit evenly instead of once per second
  --latency MS           delay of each response in milliseconds
  --status-url URL       URL for status callbacks, can contain user:password@
  --reply-url URL        URL for replies, can contain user:password@
  --status-step MS       milliseconds between two statuses of a message
  --alternative          use the alternative response format
  --errors               return errors as {errors: […]} instead of {message, statusCode, error}
  --fetch-media          fetch the links of media messages, as WhatsApp does

To send a single callback and exit, for example while a trigger listens for a test event:

  --reply TEXT           send a customer's message with this text to --reply-url
  --status STATUS        send a message status, such as read, to --status-url
`;

const CUSTOMER = '64123456789';
/** What to do, by the status of the response to a callback. */
const ADVICE: Record<number, string> = {
	401: '. Add the Callback Username and Callback Password of the credential to the URL, with special characters URL-encoded: http://user:password@…',
	404: '. To use the Test URL, first click Execute step in the trigger. To use the Production URL, publish the workflow (in n8n 1.x: activate it)',
};

/** A single callback to send instead of starting a server. */
interface Single {
	send: (simulator: Simulator) => Promise<DeliveredCallback>;
	url: string;
}

/** Parses the options. Throws for an unknown option or an invalid number. */
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
	const url = (name: 'status-url' | 'reply-url', requiredBy: string): string => {
		const value = values[name];
		if (value === undefined || !URL.canParse(value)) throw new Error(`${requiredBy} requires --${name}, such as http://user:password@localhost:5678/webhook-test/…`);
		return value;
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

/** Sends callbacks one at a time and prints each response. The program fails if a response isn't 200. */
async function sendSingles(simulator: Simulator, singles: readonly Single[]): Promise<void> {
	simulator.configure({ callbackTries: 1 });
	for (const { send, url } of singles) {
		const { tries } = await send(simulator);
		const [{ status, error } = {}] = tries;
		const { host, pathname } = new URL(url);
		console.log(status === undefined ? `No response from ${host}${pathname}: ${error}` : `${host}${pathname} returned ${status}${ADVICE[status] ?? ''}`);
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
	console.log(`The simulated WhatsApp API is running. Messages never reach WhatsApp.

Values for the credential:
  Base URL  ${baseUrl}
  Username  ${username}
  Password  ${password}

Commands:
  Show the state           curl ${controlUrl}
  List records             curl ${controlUrl}/requests (or /messages, /callbacks, /media)
  Set the callback URLs    curl -X POST ${controlUrl}/configure -d '{"statusCallbackUrl":"https://…","replyCallbackUrl":"https://…"}'
  Send a customer's reply  curl -X POST ${controlUrl}/replies -d '${reply}'
  Return an error once     curl -X POST ${controlUrl}/faults -d '{"kind":"status","status":503}'

Press Ctrl+C to stop.`);

	const stop = () => void simulator.stop();
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
