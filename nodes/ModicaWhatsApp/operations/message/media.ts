import type { INodeProperties } from 'n8n-workflow';
import type { MediaContent, MediaType } from '../../api/types';
import { BINARY_FIELD } from '../../parameters/binaryField';
import { invalid } from '../../parameters/errors';
import { parseUrl } from '../../parameters/url';
import type { Item } from '../operation';
import type { FileLink } from './fileLinks';

const MEDIA_TYPES: readonly MediaType[] = ['audio', 'document', 'image', 'video'];

const WINDOW_HINT = 'Delivered only to customers who wrote to you in the last 24 hours. Use a template for all others.';

export const mediaSourceField: INodeProperties = {
	displayName: 'Media Source',
	name: 'mediaSource',
	type: 'options',
	noDataExpression: true,
	default: 'url',
	options: [
		{
			name: 'Binary File',
			value: 'binary',
			description: 'A file from the input item. Modica downloads it through a secret link that expires.',
		},
		{ name: 'URL', value: 'url', description: 'A file on the web' },
	],
	description: 'Source of the file',
};

export const mediaFields: INodeProperties[] = [
	{
		displayName: 'Media Type',
		name: 'mediaType',
		type: 'options',
		default: 'image',
		options: [
			{ name: 'Audio', value: 'audio', description: 'Up to 16 MB' },
			{ name: 'Document', value: 'document', description: 'Up to 100 MB' },
			{ name: 'Image', value: 'image', description: 'JPEG or PNG, up to 5 MB' },
			{ name: 'Video', value: 'video', description: 'MP4 or 3GP, up to 16 MB' },
		],
		description: 'Type of the file',
	},
	mediaSourceField,
	{
		displayName: 'Media URL',
		name: 'mediaUrl',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. https://example.com/invoice.pdf',
		description: 'URL of the file. Modica downloads it, so it must be reachable from the internet without a login.',
		hint: WINDOW_HINT,
		displayOptions: { show: { mediaSource: ['url'] } },
	},
	{
		displayName: BINARY_FIELD,
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		placeholder: 'e.g. data',
		description:
			'The name of the input binary field containing the file. Modica downloads it from your n8n instance, which must be reachable from the internet.',
		hint: WINDOW_HINT,
		displayOptions: { show: { mediaSource: ['binary'] } },
	},
];

/**
 * @param linkTo returns the link to a file of the item
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readMedia(item: Item, linkTo: FileLink): MediaContent {
	const type = parseMediaType(item.parameter('mediaType'));
	const url =
		item.parameter('mediaSource') === 'binary'
			? linkTo(BINARY_FIELD, item.parameter('binaryPropertyName'))
			: parseUrl('Media URL', item.parameter('mediaUrl'));
	return { type: 'media', media: { type, url } };
}

function parseMediaType(value: unknown): MediaType {
	const type = MEDIA_TYPES.find((known) => known === value);
	if (!type) throw invalid('Media Type', value, 'is not valid', "Use 'audio', 'document', 'image', or 'video'.");
	return type;
}
