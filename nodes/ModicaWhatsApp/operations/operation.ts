import type { IBinaryData, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { ModicaClient } from '../api/client';
import type { DownloadedMedia, Upload } from '../api/exchange';
import type { BinaryField } from '../parameters/binaryField';
import type { Fields } from '../parameters/values';
import type { References } from './message/references';

/** An input item, limited to what operations need. */
export interface Item {
	readonly index: number;
	/** Returns the value of a parameter for this item, with expressions evaluated. Parse it, because it can be anything. */
	parameter(name: string): unknown;
	/**
	 * Returns a parameter as stored in the workflow, the same for all items. For texts in which `{{1}}` isn't an
	 * expression.
	 */
	stored(name: string): unknown;
	/** The item's binary fields by name. */
	readonly binary: Readonly<Record<string, IBinaryData>>;
}

/** Functions and data that an operation can use. */
export interface Context {
	readonly api: ModicaClient;
	readonly references: References;
	/** The workflow's time zone, such as `Pacific/Auckland`. */
	readonly timeZone: string;
	/** Opens a binary field to upload it. The caller must close it. */
	openFile(binary: IBinaryData): Promise<Upload>;
	/** Saves a downloaded file in n8n's binary data storage. */
	storeFile(media: DownloadedMedia, fallbackName: string): Promise<IBinaryData>;
	/**
	 * Returns a link at which n8n serves a file without authentication for a day. The link for the same file and time is
	 * the same.
	 * @param field the field of the file, for error messages
	 * @param scheduled when Modica will fetch the file (RFC 3339), if not immediately: the day starts then
	 * @throws {InputError} with what to configure, if n8n can't serve the file to Modica
	 */
	linkTo(binary: IBinaryData, field: BinaryField, scheduled: string | undefined): string;
	/**
	 * Returns a signed link to this execution for answering a question: see `Operation.answer`.
	 * @throws {InputError} with what to configure, if customers couldn't open it
	 */
	answerLink(secret: string): string;
	/**
	 * Returns the payload of a quick-reply button that answers a question when tapped.
	 * @param answer the index of the answer: 0 to 9
	 * @throws {InputError} if the payload is too long
	 */
	answerPayload(secret: string, answer: number): string;
	/**
	 * Puts the execution into the waiting state when the node finishes.
	 * @param question stored with the execution, for `Operation.answer`
	 * @param until when to continue without an answer; undefined to wait indefinitely
	 * @param unanswered the output in that case
	 */
	waitForAnswer(question: Fields, until: Date | undefined, unanswered: Fields): Promise<void>;
}

/** A customer opened an answer link, submitted the form on its page, or tapped a button in the chat. */
export interface AnswerRequest {
	readonly method: string;
	/** The secret passed to `answerLink` or `answerPayload`, or any other value if the link isn't valid anymore. */
	readonly secret: unknown;
	/** The index passed to `answerPayload`, as text. Undefined on the page. */
	readonly tapped: unknown;
	/** The fields of the submitted form. */
	readonly body: unknown;
}

/** The page returned for an answer link. */
export interface AnswerPage {
	readonly statusCode: number;
	readonly html: string;
	readonly headers: Readonly<Record<string, string>>;
	/** The answer, which is the output of the node. Without it, the execution continues to wait. */
	readonly answer?: Fields;
}

/** An output item, paired with its input item. */
export interface Output {
	readonly item: number;
	/** Its position among the outputs of its item, which may be produced out of order. */
	readonly position?: number;
	readonly json: Fields;
	readonly binary?: Record<string, IBinaryData>;
	/** Whether it's unknown if the message was sent. */
	readonly mayHaveBeenSent?: boolean;
	/** Whether the reference may count as sent although the message wasn't. */
	readonly mayCountAsSent?: boolean;
	/** Whether Modica accepted the request but rejected this recipient. */
	readonly isRefused?: boolean;
	/** Whether the message was only checked (dry run). */
	readonly isDry?: boolean;
}

/** A failed target and its error. */
export interface Failure extends Target {
	readonly error: unknown;
	/** The messages that Modica accepted before the failure, if any. */
	readonly parts?: readonly Fields[];
}

/** The result of an item, or of one of its recipients or files. */
export type Result = Output | Failure;

export function isFailure(result: Result): result is Failure {
	return 'error' in result;
}

/** A target of a job. If the job fails, each of its targets gets its own error. */
export interface Target {
	readonly item: number;
	/** Its position among the targets of its item, which may be processed out of order. */
	readonly position?: number;
	/** The recipient, if the job has recipients. */
	readonly to?: string;
	/** The binary field, if the item has several. */
	readonly field?: string;
}

/** A unit of work for one or more targets: one request to Modica, or one for each part of a long text. */
export interface Job {
	readonly targets: readonly Target[];
	/** Jobs that share a lane (a recipient's number) run in order, one at a time. */
	readonly lanes?: readonly string[];
	run(): Promise<Result[]>;
}

/** Reports an item with unusable parameters, so that the other items are still processed. */
export type Refuse = (item: number, error: unknown) => void;

/**
 * An operation of a resource. Its key in the table (`operations/index.ts`) is its name in saved workflows, and its
 * position there determines where its fields appear.
 */
export interface Operation {
	readonly option: Pick<INodePropertyOptions, 'name' | 'action'> & { description: string };
	readonly fields: readonly INodeProperties[];
	/** Maximum number of requests in flight, unless the user sets the option. */
	readonly maxConcurrency: number;
	/** Turns items into jobs, in the order of the items. Reads the parameters of an item only when its job is requested. */
	jobs(items: readonly Item[], context: Context, refuse: Refuse): Iterable<Job>;
	/**
	 * For operations that wait for an answer: handles a request to the answer link.
	 * @param question the value passed to `Context.waitForAnswer`; parse it, because it can be anything
	 */
	answer?(question: unknown, request: AnswerRequest): AnswerPage;
}

/** The most common kind of operation: one job for each item. */
export function perItem(
	toJob: (item: Item, context: Context) => Pick<Job, 'run'> & Partial<Job>,
): Operation['jobs'] {
	return function* (items, context, refuse) {
		for (const item of items) {
			const job = unlessRefused(item, refuse, () => ({ targets: [{ item: item.index }], ...toJob(item, context) }));
			if (job) yield job;
		}
	};
}

/** Returns the result of `make`, or reports the item and returns undefined if its parameters are unusable. */
export function unlessRefused<T>(item: Item, refuse: Refuse, make: () => T): T | undefined {
	try {
		return make();
	} catch (error) {
		refuse(item.index, error);
		return undefined;
	}
}
