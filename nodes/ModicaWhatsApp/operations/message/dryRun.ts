import type { INodeProperties } from 'n8n-workflow';
import type { Broadcast, Message } from '../../api/types';
import { parseSwitch } from '../../parameters/switch';
import { fieldsOf, type Fields } from '../../parameters/values';
import type { Context, Item } from '../operation';

export const dryRunOption: INodeProperties = {
	displayName: 'Dry Run',
	name: 'dryRun',
	type: 'boolean',
	// Applies when a user adds the option. Without the option, messages are sent.
	default: true,
	description: 'Whether to check all items without sending messages. The output contains the request that would be sent for each item.',
};

/**
 * Whether to only check an item. Rejects invalid values, because sending a campaign by mistake can't be undone.
 * @throws {InputError} if the option is set and is neither true nor false
 */
export function isDryRun(item: Item): boolean {
	const options = fieldsOf(item.parameter('options'));
	return parseSwitch('Dry Run', options, 'dryRun', 'Use true to check without sending, or false to send.');
}

/**
 * Returns the output of a dry run for one recipient: the body of the request with the secrets of its links masked, and
 * the text as the customer reads it, if known.
 */
export function dryRunOutput(
	to: string,
	request: Message | Broadcast,
	{ api }: Context,
	preview = request.type === 'text' ? request.text.body : undefined,
): Fields {
	return api.hideSecrets({ status: 'valid', to, ...(preview !== undefined && { preview }), request });
}
