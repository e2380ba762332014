import type { INodeProperties } from 'n8n-workflow';
import type { Broadcast, Message } from '../../api/types';
import { invalid } from '../../parameters/errors';
import { fieldsOf, type Fields } from '../../parameters/values';
import type { Context, Item } from '../operation';

export const dryRunOption: INodeProperties = {
	displayName: 'Dry Run',
	name: 'dryRun',
	type: 'boolean',
	default: false,
	description: 'Whether to check everything and send nothing. Each item gives the request that would be made for it.',
};

/**
 * Whether an item is to be checked only. Whatever is unclear is refused: it would be too late once a campaign is sent.
 * @throws {InputError} when the option is there and is neither true nor false
 */
export function isDryRun(item: Item): boolean {
	const setting = settingOf(item);
	if (setting === 'true' || setting === 'false') return setting === 'true';
	const { dryRun } = fieldsOf(item.parameter('options'));
	throw invalid('Dry Run', dryRun, 'is neither true nor false', 'Use true to check without sending, or false to send.');
}

/** True when it is certain that an item is not only to be checked. */
export function isRealRun(item: Item): boolean {
	return settingOf(item) === 'false';
}

/** `true` and `false` as they are, or as the texts that expressions and spreadsheets give. */
function settingOf(item: Item): string {
	const options = fieldsOf(item.parameter('options'));
	// The option that is there and has no value is an expression that came to nothing.
	if (!('dryRun' in options)) return 'false';
	const { dryRun } = options;
	return typeof dryRun === 'boolean' || typeof dryRun === 'string' ? String(dryRun).trim().toLowerCase() : '';
}

/**
 * What a dry run gives for one recipient: the body of the request, without the secrets of its links, and the text as the
 * customer reads it, where the node knows it.
 */
export function dryRunOutput(to: string, request: Message | Broadcast, { api }: Context): Fields {
	return api.hideSecrets({ status: 'valid', to, ...(request.type === 'text' && { preview: request.text.body }), request });
}
