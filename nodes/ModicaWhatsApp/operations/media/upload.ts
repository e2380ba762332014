import type { IBinaryData, IDataObject, INodeProperties } from 'n8n-workflow';
import { invalid } from '../../api/errors';
import type { MediaMimeType } from '../../api/types';
import { perItem, type Item, type Operation } from '../operation';
import { parseSource } from '../source';
import { mediaAdditionalFields, readAdditionalFields } from './additionalFields';

const MIME_TYPES: readonly MediaMimeType[] = [
	'image/png',
	'image/jpeg',
	'text/plain',
	'application/pdf',
	'audio/mp3',
	'video/mp4',
];

/** Other names under which n8n and the web know the API's types. */
const ALIASES: Record<string, MediaMimeType> = {
	'audio/mpeg': 'audio/mp3',
	'image/jpg': 'image/jpeg',
};

const binaryPropertyField: INodeProperties = {
	displayName: 'Input Binary Field',
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the input binary field that holds the file to upload',
	description: 'A PNG or JPEG image, plain text, a PDF, MP3 or MP4 file',
};

export const upload: Operation = {
	option: {
		name: 'Upload',
		action: 'Upload a file',
		description: 'Hand a file to Modica and get its media ID',
	},
	fields: [binaryPropertyField, mediaAdditionalFields],
	maxConcurrency: 3,
	jobs: perItem((item, { api, openFile }) => {
		const binary = readBinary(item);
		const mimeType = parseMimeType(binary.mimeType);
		const source = parseSource(readAdditionalFields(item).source);
		return {
			run: async () => {
				const { file, close } = await openFile({ ...binary, mimeType });
				try {
					const media = await api.uploadMedia(file, source);
					return [{ item: item.index, json: media as IDataObject }];
				} finally {
					close();
				}
			},
		};
	}),
};

function readBinary(item: Item): IBinaryData {
	const given = item.parameter('binaryPropertyName');
	const name = typeof given === 'string' ? given.trim() : '';
	const binary = Object.hasOwn(item.binary, name) ? item.binary[name] : undefined;
	if (binary) return binary;
	const names = Object.keys(item.binary);
	throw invalid(
		'Input Binary Field',
		given,
		'is not among the binary fields of this item',
		names.length > 0
			? `It has: ${names.join(', ')}.`
			: 'It has none: put a node before this one that gives a file, such as Read Files or HTTP Request.',
	);
}

function parseMimeType(value: string): MediaMimeType {
	const type = value.split(';')[0]?.trim().toLowerCase() ?? '';
	const known = (Object.hasOwn(ALIASES, type) && ALIASES[type]) || MIME_TYPES.find((candidate) => candidate === type);
	if (!known) {
		throw invalid(
			'Input Binary Field',
			value,
			'is a file type that Modica does not take',
			`Convert the file to one of ${MIME_TYPES.join(', ')}.`,
		);
	}
	return known;
}
