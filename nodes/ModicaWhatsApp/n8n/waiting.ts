import type { IExecuteFunctions, IWebhookDescription, IWebhookFunctions } from 'n8n-workflow';
import { packTap } from '../callback/tap';
import type { AnswerRequest } from '../operations/operation';
import { InputError } from '../parameters/errors';
import { fieldsOf, type Fields } from '../parameters/values';
import { toJson } from './items';
import { isPrivate, PUBLIC_URL_REMEDY } from './links';

/** The name under which a question is kept among what n8n keeps of a node while its execution waits. */
const KEPT_AS = 'question';

/** The parameters of a signed link: the question's secret, for a button the index of its answer, and n8n's signature. */
export const SECRET = 'question';
export const ANSWER = 'answer';
export const SIGNATURE = 'signature';

/** Says that an answer was taken: n8n gives 200 for questions that are closed, too. */
export const TAKEN_HEADER = 'X-Modica-WhatsApp-Answer';

/**
 * Where n8n listens while an execution waits. Nobody registers these anywhere, so they have no life cycle as those of
 * a trigger have.
 */
export const answerWebhooks = (['GET', 'POST'] as const).map(
	(httpMethod): IWebhookDescription => ({
		name: 'default',
		httpMethod,
		responseMode: 'onReceived',
		// Empty: what is answered comes from `webhook()`.
		responseData: '',
		path: '={{ $nodeId }}',
		restartWebhook: true,
		isFullPath: true,
	}),
);

/**
 * A signed link to this execution, which n8n answers by the node's `webhook()`.
 * @param mayBePrivate whether a link that leads nowhere from outside will do
 * @throws {InputError} when nobody could open it, with what to set
 */
export function answerLink(functions: IExecuteFunctions, secret: string, mayBePrivate: boolean): string {
	const link = signedLink(functions, { [SECRET]: secret });
	const { origin, hostname } = new URL(link);
	if (isPrivate(hostname) && !mayBePrivate) {
		throw new InputError(`The link to the answer page cannot be opened on a phone: n8n’s own address is ${origin}, which leads nowhere from outside. ${PUBLIC_URL_REMEDY}.`);
	}
	return link;
}

/**
 * The payload of a button that gives an answer: its link, packed.
 * @param answer its index among the answers of the question
 * @throws {InputError} when it does not fit into a button
 */
export function answerPayload(functions: IExecuteFunctions, secret: string, answer: number): string {
	const { searchParams } = new URL(signedLink(functions, { [SECRET]: secret, [ANSWER]: String(answer) }));
	const signature = searchParams.get(SIGNATURE) ?? '';
	const nodeId = functions.getNode().id;
	const payload = packTap({ answer, executionId: functions.getExecutionId(), nodeId, secret, signature });
	if (payload !== undefined) return payload;
	throw new InputError(
		`This node’s id, ${nodeId.slice(0, 80)}, does not fit into a button. Delete the node and add it again: n8n then gives it an id that does.`,
	);
}

/** @throws {InputError} when n8n would refuse its own link */
function signedLink(functions: IExecuteFunctions, parameters: Record<string, string>): string {
	// n8n 1.x looks at the signature only when it was asked to; 2.x always does, and has no such method.
	const { setSignatureValidationRequired } = functions as { setSignatureValidationRequired?(): void };
	setSignatureValidationRequired?.call(functions);
	const link = functions.getSignedResumeUrl(parameters);
	// n8n signs the path, and a proxy that takes a part of it away changes what was signed (tried: 401). The addresses of
	// questions and of forms begin alike only there.
	const first = firstSegment(link);
	if (first === firstSegment(functions.evaluateExpression('{{ $execution.resumeFormUrl }}', 0))) {
		throw new InputError(
			`n8n cannot take answers under an address with a path, here /${first}: it refuses its own signed links. Give n8n a host name of its own, such as https://n8n.example.com/, set the environment variable WEBHOOK_URL of n8n to it, and restart n8n.`,
		);
	}
	return link;
}

function firstSegment(url: unknown): string {
	return new URL(String(url)).pathname.split('/')[1] ?? '';
}

/**
 * Keeps a question with the execution and has it wait.
 * @param unanswered what the execution goes on with when the time is up
 */
export async function waitForAnswer(
	functions: IExecuteFunctions,
	question: Fields,
	until: Date,
	unanswered: Fields,
): Promise<void> {
	functions.getContext('node')[KEPT_AS] = toJson(question);
	// When the time is up, n8n hands the node's input on as if the node were not there. An input that holds the
	// approval of an earlier question would pass for this one's.
	const input = functions.getInputData();
	input.splice(0, input.length, { json: toJson(unanswered), pairedItem: { item: 0 } });
	await functions.putExecutionToWait(until);
}

/** The question that an execution waits for the answer to. */
export function keptQuestion(functions: IWebhookFunctions): unknown {
	// A webhook is given no node's context but through an expression. Braces would end it.
	const name = JSON.stringify(functions.getNode().name).replace(/[{}]/g, (brace) => `\\u00${brace.charCodeAt(0).toString(16)}`);
	return functions.evaluateExpression(`{{ $node[${name}].context[${JSON.stringify(KEPT_AS)}] }}`);
}

/** What somebody does who has opened the link of a question, or whose tap the trigger hands over. */
export function readAnswerRequest(functions: IWebhookFunctions): AnswerRequest {
	const query = fieldsOf(functions.getQueryData());
	return { method: functions.getRequestObject().method, secret: query[SECRET], tapped: query[ANSWER], body: functions.getBodyData() };
}
