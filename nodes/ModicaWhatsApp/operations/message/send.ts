import type { INodeProperties } from 'n8n-workflow';
import type { Message, SendReceipt } from '../../api/types';
import { recipientField } from '../../parameters/recipient';
import type { Fields } from '../../parameters/values';
import { perItem, type Context, type Item, type Operation } from '../operation';
import { orClearReferences } from './clearReferences';
import { contentFields, readContent } from './content';
import { additionalFields, readDelivery, readOnceReference, sendOptions } from './delivery';
import { dryRunOutput, isDryRun } from './dryRun';
import { fileLinks } from './fileLinks';
import { withPreview } from './preview';
import { readRecipient } from './recipients';

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	description: 'How to go about sending',
	options: sendOptions,
};

export const send: Operation = {
	option: {
		name: 'Send',
		action: 'Send a message',
		description: 'Send a message to one customer for each input item',
	},
	fields: [recipientField, ...contentFields, additionalFields, optionsField],
	maxConcurrency: 25,
	jobs: orClearReferences(
		perItem((item, context) => {
			const { message, preview } = readMessage(item, context);
			const once = readOnceReference(item, message.reference);
			const isDry = isDryRun(item);
			return {
				targets: [{ item: item.index, to: message.to }],
				lanes: [message.to],
				run: async () =>
					isDry
						? [{ item: item.index, json: dryRunOutput(message.to, message, context, preview), isDry }]
						: [{ item: item.index, json: await sendOnce(message, preview, once, context) }],
			};
		}),
	),
};

async function sendOnce(message: Message, preview: string | undefined, once: string | undefined, { api, references }: Context) {
	const send = async () => withPreview(toOutput(message, await api.sendMessage(message)), preview);
	if (once === undefined) return await send();
	const { result } = await references.once([once], async ([fresh]) => (fresh ? await send() : sentBefore(message)));
	return result;
}

function readMessage(item: Item, context: Context): { message: Message; preview: string | undefined } {
	const to = readRecipient(item);
	const delivery = readDelivery(item, context, [to]);
	const { content, preview } = readContent(item, fileLinks(item, context, delivery.scheduled));
	return { message: { to, ...content, ...delivery }, preview };
}

function toOutput({ to, reference }: Message, { id, status, ...others }: SendReceipt): Fields {
	return { id, status, to, ...(reference !== undefined && { reference }), ...others };
}

function sentBefore({ to, reference }: Message): Fields {
	return { status: 'duplicate', to, reference, message: 'Not sent again: this node has sent the reference before' };
}
