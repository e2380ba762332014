import type { components } from '../contract/generated.d.mts';

export type MessageStatus = components['schemas']['MessageStatus'];

/** Which of the two shapes the vendor's pages show: the reference's, or the other one. */
export type ResponseShape = 'reference' | 'alternative';

/** `{message, statusCode, error}` as in the reference's examples, or `{errors: […]}` as in its schema. */
export type ErrorShape = 'message' | 'errors';

export interface RateLimit {
	requestsPerSecond: number;
	/** `fixedWindow` counts in whole seconds of the clock; `tokenBucket` refills evenly. */
	algorithm: 'fixedWindow' | 'tokenBucket';
	/** Tokens the bucket holds; the requests of one second when absent. Without effect on a fixed window. */
	burst?: number;
	/** How `Retry-After` is written: whole seconds (default), an HTTP date, not at all, or this text as it stands. */
	retryAfter?: 'seconds' | 'date' | 'absent' | (string & {});
}

/** What happens to messages for one number. */
export interface NumberRule {
	/** In the place of the setting of the same name. */
	statusSteps?: readonly MessageStatus[];
	/** A broadcast refuses the number with this text; the other rows stand. */
	broadcastFailure?: string;
}

export interface SimulatorSettings {
	/** 0 takes any free port. Cannot be changed once started. */
	port: number;
	username: string;
	password: string;
	/** Absent: nothing is limited. */
	rateLimit?: RateLimit | undefined;
	/** `X-RateLimit-Limit` where it is to differ from the limit enforced. */
	advertisedLimit?: number | undefined;
	responseShape: ResponseShape;
	errorShape: ErrorShape;
	/** Status of an answer to a request that breaks the contract. The reference gives both without telling them apart. */
	violationStatus: 400 | 422;
	/** Milliseconds each answer is held back, after the request has been taken. */
	latencyMs: number;
	/** May carry `user:password@`, percent-encoded: sent as Basic auth. */
	statusCallbackUrl?: string | undefined;
	/** As `statusCallbackUrl`. */
	replyCallbackUrl?: string | undefined;
	/** Statuses of each message in their order, each told to `statusCallbackUrl`. */
	statusSteps: readonly MessageStatus[];
	/** Milliseconds before each step. */
	statusStepMs: number;
	/** By number in E.164 form. */
	numbers: Readonly<Record<string, NumberRule>>;
	/** Attempts at delivering one callback. */
	callbackTries: number;
	/** Milliseconds before the second attempt; doubled before each further one. */
	callbackRetryMs: number;
	/** Milliseconds an attempt may take. */
	callbackTimeoutMs: number;
	replyContentAs: 'string' | 'object';
	/** The business number of messages and replies that name none. */
	businessNumber: string;
	healthNeedsAuth: boolean;
	/** Fetch the links of media messages, as WhatsApp would. */
	fetchMediaUrls: boolean;
	/** Send the file's name with a download. The reference does not say that the API does. */
	contentDisposition: boolean;
	/** What else is said of a file, instead of its type and name. */
	downloadHeaders: Record<string, string> | undefined;
}

/** The settings where nothing else is said. The retry schedule of callbacks is invented: none is published. */
export const DEFAULT_SETTINGS: SimulatorSettings = {
	port: 0,
	username: 'wab_demo',
	password: 'wab-demo-password',
	rateLimit: undefined,
	advertisedLimit: undefined,
	responseShape: 'reference',
	errorShape: 'message',
	violationStatus: 400,
	latencyMs: 0,
	statusCallbackUrl: undefined,
	replyCallbackUrl: undefined,
	statusSteps: ['accepted', 'submitted', 'sent', 'received', 'read'],
	statusStepMs: 200,
	numbers: {},
	callbackTries: 5,
	callbackRetryMs: 100,
	callbackTimeoutMs: 10_000,
	replyContentAs: 'object',
	businessNumber: '102046588645210',
	healthNeedsAuth: true,
	fetchMediaUrls: false,
	contentDisposition: false,
	downloadHeaders: undefined,
};

/** Gives settings with the patch laid over them; undefined or null takes one back to its default. Throws on a name that is no setting. */
export function mergeSettings(settings: SimulatorSettings, patch: Partial<SimulatorSettings>): SimulatorSettings {
	const unknown = Object.keys(patch).filter((name) => !(name in DEFAULT_SETTINGS));
	if (unknown.length > 0) {
		throw new Error(`No such setting: ${unknown.join(', ')}. There are: ${Object.keys(DEFAULT_SETTINGS).join(', ')}`);
	}
	const present = Object.entries(patch).map(([name, value]) => [
		name,
		// From another process it is a null, as JSON has no undefined.
		value ?? DEFAULT_SETTINGS[name as keyof SimulatorSettings],
	]);
	return { ...settings, ...(Object.fromEntries(present) as Partial<SimulatorSettings>) };
}
