import type { IExecuteFunctions, IWebhookDescription, IWebhookFunctions } from 'n8n-workflow';
import { packTap } from '../callback/tap';
import type { AnswerRequest } from '../operations/operation';
import { InputError } from '../parameters/errors';
import { fieldsOf, type Fields } from '../parameters/values';
import { toJson } from './items';
import { isPrivate, PUBLIC_URL_REMEDY } from './links';

/** The key of the question in the node's context, which n8n stores while the execution waits. */
const QUESTION_KEY = 'question';

/** Parameters of a signed link: the question's secret, the index of the answer (for buttons), and n8n's signature. */
export const SECRET = 'question';
export const ANSWER = 'answer';
export const SIGNATURE = 'signature';

/** Response header for an accepted answer, because n8n also returns 200 for closed questions. */
export const TAKEN_HEADER = 'X-Modica-WhatsApp-Answer';

/** The webhooks of a waiting execution. They aren't registered with a service, so they need no lifecycle methods. */
export const answerWebhooks = (['GET', 'POST'] as const).map(
	(httpMethod): IWebhookDescription => ({
		name: 'default',
		httpMethod,
		responseMode: 'onReceived',
		// Empty, because `webhook()` returns the response.
		responseData: '',
		path: '={{ $nodeId }}',
		restartWebhook: true,
		isFullPath: true,
	}),
);

/**
 * Returns a signed link to this execution, which calls the node's `webhook()`.
 * @param mayBePrivate whether the link may have a private address
 * @throws {InputError} with what to configure, if customers couldn't open the link
 */
export function answerLink(functions: IExecuteFunctions, secret: string, mayBePrivate: boolean): string {
	const link = signedLink(functions, { [SECRET]: secret });
	const { origin, hostname } = new URL(link);
	if (isPrivate(hostname) && !mayBePrivate) {
		throw new InputError(`Customers cannot open the answer page: n8n’s address, ${origin}, is not public. ${PUBLIC_URL_REMEDY}.`);
	}
	return link;
}

/**
 * Returns the payload of a button for an answer: its signed link, packed.
 * @param answer the index of the answer
 * @throws {InputError} if the payload is too long for a button
 */
export function answerPayload(functions: IExecuteFunctions, secret: string, answer: number): string {
	const { searchParams } = new URL(signedLink(functions, { [SECRET]: secret, [ANSWER]: String(answer) }));
	const signature = searchParams.get(SIGNATURE) ?? '';
	const nodeId = functions.getNode().id;
	const payload = packTap({ answer, executionId: functions.getExecutionId(), nodeId, secret, signature });
	if (payload !== undefined) return payload;
	throw new InputError(
		`The ID of this node, ${nodeId.slice(0, 80)}, is too long for a button. Delete the node and add it again: n8n then assigns a shorter ID.`,
	);
}

/** @throws {InputError} if n8n would reject its own link */
function signedLink(functions: IExecuteFunctions, parameters: Record<string, string>): string {
	// n8n 1.x checks the signature only if this is called. 2.x always checks it, and doesn't have the method.
	const { setSignatureValidationRequired } = functions as { setSignatureValidationRequired?(): void };
	setSignatureValidationRequired?.call(functions);
	const link = functions.getSignedResumeUrl(parameters);
	// n8n signs the path, so if a proxy removes a prefix from it, the signature is wrong (tried: 401). The links to
	// questions and to forms start with the same segment only if there's such a prefix.
	const first = firstSegment(link);
	if (first === firstSegment(functions.evaluateExpression('{{ $execution.resumeFormUrl }}', 0))) {
		throw new InputError(
			`n8n cannot accept answers at an address with a path (/${first}): it rejects its own signed links. Use a separate hostname for n8n, such as https://n8n.example.com/, set n8n’s environment variable WEBHOOK_URL to it, and restart n8n.`,
		);
	}
	return link;
}

function firstSegment(url: unknown): string {
	return new URL(String(url)).pathname.split('/')[1] ?? '';
}

/**
 * Stores a question with the execution, and puts the execution into the waiting state.
 * @param unanswered the output if the time limit expires
 */
export async function waitForAnswer(
	functions: IExecuteFunctions,
	question: Fields,
	until: Date,
	unanswered: Fields,
): Promise<void> {
	functions.getContext('node')[QUESTION_KEY] = toJson(question);
	// If the time limit expires, n8n passes on the node's input, which is therefore replaced. Otherwise, an input with
	// the approval of an earlier question could be mistaken for an approval of this one.
	const input = functions.getInputData();
	input.splice(0, input.length, { json: toJson(unanswered), pairedItem: { item: 0 } });
	await functions.putExecutionToWait(until);
}

/** Returns the question of a waiting execution. */
export function storedQuestion(functions: IWebhookFunctions): unknown {
	// In a webhook, n8n provides a node's context only in expressions. Braces would end the expression.
	const name = JSON.stringify(functions.getNode().name).replace(/[{}]/g, (brace) => `\\u00${brace.charCodeAt(0).toString(16)}`);
	return functions.evaluateExpression(`{{ $node[${name}].context[${JSON.stringify(QUESTION_KEY)}] }}`);
}

/** Returns a request to the link of a question, from a browser or from the trigger for a tap. */
export function readAnswerRequest(functions: IWebhookFunctions): AnswerRequest {
	const query = fieldsOf(functions.getQueryData());
	return { method: functions.getRequestObject().method, secret: query[SECRET], tapped: query[ANSWER], body: functions.getBodyData() };
}
