import type { IBinaryData, IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { DownloadedMedia, ModicaClient, Upload } from '../api/client';
import type { References } from './message/references';

/** One input item, as far as an operation may see it. */
export interface Item {
	readonly index: number;
	/** A parameter's value for this item, its expressions evaluated: anything at all, so parse it. */
	parameter(name: string): unknown;
	/** The item's binary fields by name. */
	readonly binary: Readonly<Record<string, IBinaryData>>;
}

/** A file of an item, opened for uploading. */
export interface OpenedFile extends Upload {
	/** Lets go of the file, sent or not. */
	close(): void;
}

/** A binary field as an error names it. */
export interface BinaryField {
	/** The parameter, as the editor shows it. */
	readonly parameter: string;
	readonly name: string;
}

/** What an operation may use while it runs. */
export interface Context {
	readonly api: ModicaClient;
	readonly references: References;
	/** The workflow's time zone, such as `Pacific/Auckland`. */
	readonly timeZone: string;
	/** Opens a binary field for uploading; whoever opens it closes it. */
	openFile(binary: IBinaryData): Promise<OpenedFile>;
	/** Puts a downloaded file where n8n keeps binary data. */
	storeFile(media: DownloadedMedia, fallbackName: string): Promise<IBinaryData>;
	/**
	 * A link under which n8n gives a file to whoever has it, for a day; the same one for the same file and time.
	 * @param field whose file it is, for the words of an error
	 * @param scheduled when it will be fetched (RFC 3339), if not at once: the day begins then
	 * @throws {InputError} when n8n cannot serve the file to Modica, with what to set
	 */
	linkTo(binary: IBinaryData, field: BinaryField, scheduled: string | undefined): string;
	/** A signed link to this execution, at which a question is answered: see `Operation.answer`. */
	answerLink(secret: string): string;
	/**
	 * Has the execution wait for an answer as soon as the node is through.
	 * @param question kept with the execution, for `Operation.answer`
	 * @param until when to go on without an answer; undefined for never
	 * @param unanswered what to go on with then
	 */
	waitForAnswer(question: IDataObject, until: Date | undefined, unanswered: IDataObject): Promise<void>;
}

/** Somebody has opened an answer link, or sent the form on its page. */
export interface AnswerRequest {
	readonly method: string;
	/** What `answerLink` was given; anything at all, should the link be no longer the right one. */
	readonly secret: unknown;
	/** The fields of the form. */
	readonly body: unknown;
}

/** What a person who has opened an answer link gets. */
export interface AnswerPage {
	readonly statusCode: number;
	readonly html: string;
	readonly headers: Readonly<Record<string, string>>;
	/** The answer: what the execution goes on with. Without one it goes on waiting. */
	readonly answer?: IDataObject;
}

/** One output item, paired to the input item that it came from. */
export interface Output {
	readonly item: number;
	readonly json: IDataObject;
	readonly binary?: Record<string, IBinaryData>;
}

/** What a job is done for. When the job fails, each of its subjects gets an error of its own. */
export interface Subject {
	readonly item: number;
	/** The recipient, where there is one. */
	readonly to?: string;
	/** The binary field, where it is about one of several. */
	readonly field?: string;
}

/** One piece of work: one request to Modica, for one subject or for several. */
export interface Job {
	readonly subjects: readonly Subject[];
	/** Jobs that share a lane (a recipient's number) run in order and never at once. */
	readonly lanes?: readonly string[];
	/** @param aside where to wait for anything but Modica */
	run(aside: Aside): Promise<Output[]>;
}

/**
 * Waits for something while another job works in this one's place.
 * @throws {CancelledError} once it is there, when nothing is to begin any more
 */
export type Aside = (wait: () => Promise<void>) => Promise<void>;

/** What to do with an item whose parameters cannot be used: note the error and go on with the others. */
export type Refuse = (item: number, error: unknown) => void;

/**
 * What a user can do with a resource. Its names in the editor and in saved workflows are its keys in the table
 * (`operations/index.ts`), which also makes its fields appear only where they belong.
 */
export interface Operation {
	readonly option: Pick<INodePropertyOptions, 'name' | 'action'> & { description: string };
	readonly fields: readonly INodeProperties[];
	/** Requests that may be under way at once; the user's own option comes first. */
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
			let job: Job;
			try {
				job = { subjects: [{ item: item.index }], ...toJob(item, context) };
			} catch (error) {
				refuse(item.index, error);
				continue;
			}
			yield job;
		}
	};
}
