import { randomBytes } from 'crypto';
import type { INodeProperties } from 'n8n-workflow';
import type { Message } from '../../api/types';
import { countryOption } from '../../parameters/country';
import { InputError } from '../../parameters/errors';
import { recipientField } from '../../parameters/recipient';
import { fieldsOf } from '../../parameters/values';
import { perItem, type Operation } from '../operation';
import { answer } from './answer';
import { additionalFields, readDelivery } from './delivery';
import { fileLinks } from './fileLinks';
import { withPreview } from './preview';
import { noAnswer, pageOptions, questionFields, readQuestion } from './question';
import { firstButtonOption, questionContentFields, readQuestionContent } from './questionContent';
import { readRecipient } from './recipients';
import { parseTimeLimit, timeLimitOption } from './timeLimit';

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	description: 'Time limit and page texts',
	hint: 'Without Limit Wait Time, the workflow waits indefinitely',
	options: [countryOption, firstButtonOption, timeLimitOption, ...pageOptions],
};

export const sendAndWait: Operation = {
	option: {
		name: 'Send and Wait for Response',
		action: 'Send message and wait for response',
		description: 'Ask a customer a question and wait for the answer',
	},
	fields: [recipientField, ...questionFields, ...questionContentFields, additionalFields, optionsField],
	maxConcurrency: 1,
	*jobs(items, context, refuse) {
		// An execution can wait for only one answer. n8n's own nodes process the first item and drop the others.
		if (items.length > 1) {
			throw new InputError(
				`Send and Wait for Response asks one question at a time, but there are ${items.length} items. Add a Loop Over Items node with a batch size of 1 before it.`,
			);
		}
		yield* ask(items, context, refuse);
	},
	answer,
};

const ask = perItem((item, context) => {
	const secret = randomBytes(16).toString('base64url');
	const options = fieldsOf(item.parameter('options'));
	const question = readQuestion(item, options, secret);
	const to = readRecipient(item);
	const delivery = readDelivery(item, context, [to]);
	const until = parseTimeLimit(options.limitWaitTime, context.timeZone, Date.now(), delivery.scheduled);
	const files = fileLinks(item, context, delivery.scheduled);
	const { content, preview } = readQuestionContent(item, question, options, files, secret, context);
	const message: Message = { to, ...content, ...delivery };
	const { reference } = delivery;
	return {
		targets: [{ item: item.index, to }],
		run: async () => {
			const { id } = await context.api.sendMessage(message);
			const sent = withPreview({ id, to, ...(reference !== undefined && { reference }) }, preview);
			const unanswered = { ...sent, data: noAnswer(question) };
			await context.waitForAnswer({ ...question, sent }, until, unanswered);
			return [{ item: item.index, json: unanswered }];
		},
	};
});
