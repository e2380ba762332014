import type { IBinaryData, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { ModicaClient } from '../api/client';
import type { DownloadedMedia, Upload } from '../api/exchange';
import type { BinaryField } from '../parameters/binaryField';
import type { Fields } from '../parameters/values';
import type { References } from './message/references';

/** One input item, as far as an operation may see it. */
export interface Item {
	readonly index: number;
	/** A parameter's value for this item, its expressions evaluated: anything at all, so parse it. */
	parameter(name: string): unknown;
	/** A parameter as the workflow holds it, which is the same for all items: for texts whose `{{1}}` is no expression. */
	stored(name: string): unknown;
	/** The item's binary fields by name. */
	readonly binary: Readonly<Record<string, IBinaryData>>;
}

/** What an operation may use while it runs. */
export interface Context {
	readonly api: ModicaClient;
	readonly references: References;
	/** The workflow's time zone, such as `Pacific/Auckland`. */
	readonly timeZone: string;
	/** Opens a binary field for uploading; whoever opens it closes it. */
	openFile(binary: IBinaryData): Promise<Upload>;
	/** Puts a downloaded file where n8n keeps binary data. */
	storeFile(media: DownloadedMedia, fallbackName: string): Promise<IBinaryData>;
	/**
	 * A link under which n8n gives a file to whoever has it, for a day; the same one for the same file and time.
	 * @param field whose file it is, for the words of an error
	 * @param scheduled when it will be fetched (RFC 3339), if not at once: the day begins then
	 * @throws {InputError} when n8n cannot serve the file to Modica, with what to set
	 */
	linkTo(binary: IBinaryData, field: BinaryField, scheduled: string | undefined): string;
	/**
	 * A signed link to this execution, at which a question is answered: see `Operation.answer`.
	 * @throws {InputError} when nobody could open it, with what to set
	 */
	answerLink(secret: string): string;
	/**
	 * The payload of a quick-reply button that answers a question when it is tapped.
	 * @param answer its index among the answers: 0 to 9
	 * @throws {InputError} when it does not fit
	 */
	answerPayload(secret: string, answer: number): string;
	/**
	 * Has the execution wait for an answer as soon as the node is through.
	 * @param question kept with the execution, for `Operation.answer`
	 * @param until when to go on without an answer; undefined for never
	 * @param unanswered what to go on with then
	 */
	waitForAnswer(question: Fields, until: Date | undefined, unanswered: Fields): Promise<void>;
}

/** Somebody has opened an answer link, sent the form on its page, or tapped a button in the chat. */
export interface AnswerRequest {
	readonly method: string;
	/** What `answerLink` or `answerPayload` was given; anything at all, should the link be no longer the right one. */
	readonly secret: unknown;
	/** The index that `answerPayload` was given, as text; undefined on the page. */
	readonly tapped: unknown;
	/** The fields of the form. */
	readonly body: unknown;
}

/** What a person who has opened an answer link gets. */
export interface AnswerPage {
	readonly statusCode: number;
	readonly html: string;
	readonly headers: Readonly<Record<string, string>>;
	/** The answer: what the execution goes on with. Without one it goes on waiting. */
	readonly answer?: Fields;
}

/** One output item, paired to the input item that it came from. */
export interface Output {
	readonly item: number;
	/** Its place among the outputs of its item, where they may come out of order. */
	readonly position?: number;
	readonly json: Fields;
	readonly binary?: Record<string, IBinaryData>;
	/** True when nobody knows whether its message was sent. */
	readonly inDoubt?: boolean;
	/** True when its reference may count as sent though its message was not. */
	readonly mayCountAsSent?: boolean;
	/** True when Modica took the request, but not for this recipient. */
	readonly isRefused?: boolean;
	/** True when its message was only checked. */
	readonly isDry?: boolean;
}

/** Something that could not be done, and for which item. */
export interface Failure extends Target {
	readonly error: unknown;
	/** What Modica took before it failed, where that was a part of it. */
	readonly parts?: readonly Fields[];
}

/** What came of one item, or of one of its recipients or files. */
export type Result = Output | Failure;

export function isFailure(result: Result): result is Failure {
	return 'error' in result;
}

/** What a job is done for. When the job fails, each of its targets gets an error of its own. */
export interface Target {
	readonly item: number;
	/** Its place among the targets of its item, where they may come out of order. */
	readonly position?: number;
	/** The recipient, where there is one. */
	readonly to?: string;
	/** The binary field, where it is about one of several. */
	readonly field?: string;
}

/** One piece of work for one target or for several: one request to Modica, or one for each part of a long text. */
export interface Job {
	readonly targets: readonly Target[];
	/** Jobs that share a lane (a recipient's number) run in order and never at once. */
	readonly lanes?: readonly string[];
	run(): Promise<Result[]>;
}

/** What to do with an item whose parameters cannot be used: note the error and go on with the others. */
export type Refuse = (item: number, error: unknown) => void;

/**
 * What a user can do with a resource. Its names in the editor and in saved workflows are its keys in the table
 * (`operations/index.ts`), which also makes its fields appear only where they belong.
 */
export interface Operation {
	readonly option: Pick<INodePropertyOptions, 'name' | 'action'> & { description: string };
	readonly fields: readonly INodeProperties[];
	/** Requests in flight at once, at most; the user's own option comes first. */
	readonly maxConcurrency: number;
	/** Turns items into jobs, in the items' order, reading the parameters of each item when its turn comes. */
	jobs(items: readonly Item[], context: Context, refuse: Refuse): Iterable<Job>;
	/**
	 * For an operation that waits for an answer: what to do about a request to its link.
	 * @param question what it gave to `Context.waitForAnswer`; anything at all, so parse it
	 */
	answer?(question: unknown, request: AnswerRequest): AnswerPage;
}

/** The most common kind of operation: each item is a job of its own. */
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

/** What is made of an item; undefined when its parameters cannot be used, which is then noted. */
export function unlessRefused<T>(item: Item, refuse: Refuse, make: () => T): T | undefined {
	try {
		return make();
	} catch (error) {
		refuse(item.index, error);
		return undefined;
	}
}
