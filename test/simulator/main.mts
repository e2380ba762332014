/** Runs the simulator by itself: `npm run simulator -- --help`. */
import { parseArgs } from 'node:util';
import { type SimulatorSettings, startSimulator } from './simulator.mts';

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
`;

/** Reads the flags. Throws on an unknown one, and on a number that is none. */
function settingsOf(args: string[]): Partial<SimulatorSettings> | 'help' {
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
		},
	});
	if (values.help) return 'help';
	const number = (name: 'port' | 'rate-limit' | 'latency' | 'status-step'): number | undefined => {
		const text = values[name];
		if (text === undefined) return undefined;
		if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, not "${text}"`);
		return Number(text);
	};
	const requestsPerSecond = number('rate-limit');
	const given: Partial<SimulatorSettings> = {
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
	return given;
}

async function main(): Promise<void> {
	const settings = settingsOf(process.argv.slice(2));
	if (settings === 'help') {
		console.log(HELP);
		return;
	}
	const simulator = await startSimulator(settings);
	const { baseUrl, controlUrl, username, password } = simulator;
	const reply = JSON.stringify({ source: '64123456789', type: 'text', text: 'Kia ora' });
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
