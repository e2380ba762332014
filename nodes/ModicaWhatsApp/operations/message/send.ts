import type { INodeProperties } from 'n8n-workflow';
import { recipientField } from '../../parameters/recipient';
import type { Fields } from '../../parameters/values';
import { perItem, type Context, type Operation } from '../operation';
import { orClearReferences } from './clearReferences';
import { contentFields, readContent } from './content';
import { additionalFields, readDelivery, readOnceReference, sendOptions } from './delivery';
import { dryRunOutput, isDryRun } from './dryRun';
import { fileLinks } from './fileLinks';
import { readRecipient } from './recipients';
import { sendAll, type Sending } from './sendAll';
import { readParts, splitLongTextOption } from './splitLongText';
import { textFormatOption } from './text';

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	description: 'Sending options',
	options: [...sendOptions, splitLongTextOption, textFormatOption],
};

export const send: Operation = {
	option: {
		name: 'Send',
		action: 'Send message',
		description: 'Send a message to one customer for each input item',
	},
	fields: [recipientField, ...contentFields, additionalFields, optionsField],
	maxConcurrency: 25,
	jobs: orClearReferences(
		perItem((item, context) => {
			const to = readRecipient(item);
			const delivery = readDelivery(item, context, [to]);
			const parts = readParts(item);
			const contents = parts ?? [readContent(item, fileLinks(item, context, delivery.scheduled))];
			const once = readOnceReference(item, delivery.reference);
			const isDry = isDryRun(item);
			const sending = { common: { to, ...delivery }, contents, isSplit: parts !== undefined };
			return {
				targets: [{ item: item.index, to }],
				lanes: [to],
				run: async () => [isDry ? { item: item.index, json: check(sending, context), isDry } : await sendAll(sending, once, item.index, context)],
			};
		}),
	),
};

/** Returns the output of a dry run for an item. */
function check({ common, contents, isSplit }: Sending, context: Context): Fields {
	const outputs = contents.map(({ content, preview }) => dryRunOutput(common.to, { ...common, ...content }, context, preview));
	return { ...outputs[0], ...(isSplit && { parts: outputs.map(({ preview, request }) => ({ preview, request })) }) };
}
