import type { IExecuteFunctions, IWebhookDescription, IWebhookFunctions } from 'n8n-workflow';
import { fieldsOf, type Fields } from '../parameters/values';
import { toJson } from './items';

/** The name under which a question is kept among what n8n keeps of a node while its execution waits. */
const KEPT_AS = 'question';
const SECRET = 'question';

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

/** A signed link to this execution, which n8n answers by the node's `webhook()`. */
export function answerLink(functions: IExecuteFunctions, secret: string): string {
	// n8n 1.x looks at the signature only when it was asked to; 2.x always does, and has no such method.
	const { setSignatureValidationRequired } = functions as { setSignatureValidationRequired?(): void };
	setSignatureValidationRequired?.call(functions);
	return functions.getSignedResumeUrl({ [SECRET]: secret });
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

/** The secret in the link that somebody has opened. */
export function secretOf(functions: IWebhookFunctions): unknown {
	return fieldsOf(functions.getQueryData())[SECRET];
}
