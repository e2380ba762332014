import type { components } from '../contract/generated.d.mts';

export type MessageStatus = components['schemas']['MessageStatus'];

/** The response format: that of the API reference, or the alternative format in Modica's other documentation. */
export type ResponseShape = 'reference' | 'alternative';

/** The error format: `{message, statusCode, error}` as in the reference's examples, or `{errors: […]}` as in its schema. */
export type ErrorShape = 'message' | 'errors';

export interface RateLimit {
	requestsPerSecond: number;
	/** `fixedWindow` counts requests in each second of the clock. `tokenBucket` refills evenly. */
	algorithm: 'fixedWindow' | 'tokenBucket';
	/** Size of the token bucket. Default: `requestsPerSecond`. No effect on a fixed window. */
	burst?: number;
	/** Format of `Retry-After`: whole seconds (default), an HTTP date, no header, or this text. */
	retryAfter?: 'seconds' | 'date' | 'absent' | (string & {});
}

/** Special behavior for a number. */
export interface NumberRule {
	/** Overrides the setting of the same name. */
	statusSteps?: readonly MessageStatus[];
	/** A broadcast rejects the number with this text. The other rows are not affected. */
	broadcastFailure?: string;
}

export interface SimulatorSettings {
	/** 0 selects any free port. Can't be changed after the start. */
	port: number;
	username: string;
	password: string;
	/** Undefined: no rate limit. */
	rateLimit?: RateLimit | undefined;
	/** Value of `X-RateLimit-Limit`, if it differs from the enforced limit. */
	advertisedLimit?: number | undefined;
	responseShape: ResponseShape;
	errorShape: ErrorShape;
	/** Status for a request that violates the contract. The reference lists both without distinguishing them. */
	violationStatus: 400 | 422;
	/** Delay of each response in milliseconds, after the request was accepted. */
	latencyMs: number;
	/** Can contain a percent-encoded `user:password@`, which is sent as Basic auth. */
	statusCallbackUrl?: string | undefined;
	/** Same format as `statusCallbackUrl`. */
	replyCallbackUrl?: string | undefined;
	/** Statuses of each message in order. Each one is sent to `statusCallbackUrl`. */
	statusSteps: readonly MessageStatus[];
	/** Milliseconds before each status. */
	statusStepMs: number;
	/** Rules by number in E.164 format. */
	numbers: Readonly<Record<string, NumberRule>>;
	/** Maximum number of attempts to deliver a callback. */
	callbackTries: number;
	/** Milliseconds before the second attempt. Doubles for each further attempt. */
	callbackRetryMs: number;
	/** Timeout of an attempt in milliseconds. */
	callbackTimeoutMs: number;
	replyContentAs: 'string' | 'object';
	/** The business number of messages and replies that don't specify one. */
	businessNumber: string;
	healthNeedsAuth: boolean;
	/** Fetch the links of media messages, as WhatsApp does. */
	fetchMediaUrls: boolean;
	/** Send the file name with a download. The reference doesn't document whether the API does. */
	contentDisposition: boolean;
	/** Headers of a download, instead of the file's type and name. */
	downloadHeaders: Record<string, string> | undefined;
}

/** The default settings. The retry schedule of callbacks is an assumption, because Modica hasn't published its own. */
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

/** Applies a patch to settings. Undefined or null resets a setting to its default. Throws for an unknown name. */
export function mergeSettings(settings: SimulatorSettings, patch: Partial<SimulatorSettings>): SimulatorSettings {
	const unknown = Object.keys(patch).filter((name) => !(name in DEFAULT_SETTINGS));
	if (unknown.length > 0) {
		throw new Error(`No such setting: ${unknown.join(', ')}. Valid settings: ${Object.keys(DEFAULT_SETTINGS).join(', ')}`);
	}
	const present = Object.entries(patch).map(([name, value]) => [
		name,
		// Other processes send null, because JSON has no undefined.
		value ?? DEFAULT_SETTINGS[name as keyof SimulatorSettings],
	]);
	return { ...settings, ...(Object.fromEntries(present) as Partial<SimulatorSettings>) };
}
