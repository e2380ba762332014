import type { INodeProperties } from 'n8n-workflow';
import { invalid } from '../../parameters/errors';
import { parseSource } from '../../parameters/source';
import { fieldsOf, isEmpty } from '../../parameters/values';
import { perItem, type Operation } from '../operation';
import { mediaAdditionalFields } from './additionalFields';

const mediaIdField: INodeProperties = {
	displayName: 'Media ID',
	name: 'mediaId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. abcd1234xyz',
	description: 'ID received in a reply or returned by Upload',
};

const binaryPropertyField: INodeProperties = {
	displayName: 'Put Output File in Field',
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the output binary field to put the file in',
	description: 'Output field for the file',
};

export const download: Operation = {
	option: {
		name: 'Download',
		action: 'Download media',
		description: 'Download a file that a customer sent or that you uploaded',
	},
	fields: [mediaIdField, binaryPropertyField, mediaAdditionalFields],
	maxConcurrency: 3,
	jobs: perItem((item, { api, storeFile }) => {
		const id = parseMediaId(item.parameter('mediaId'));
		const field = parseFieldName(item.parameter('binaryPropertyName'));
		const source = parseSource(fieldsOf(item.parameter('additionalFields')).source);
		return {
			run: async () => {
				const binary = await api.downloadMedia(id, source, async (media) => await storeFile(media, id));
				const { fileName, mimeType, fileSize } = binary;
				return [
					{ item: item.index, json: { id, fileName, mimeType, fileSize }, binary: { [field]: binary } },
				];
			},
		};
	}),
};

/** Returns a media ID. The reference defines its format: `^[a-zA-Z0-9]+$`, up to 255 characters. */
function parseMediaId(value: unknown): string {
	// A number that isn't a safe integer has lost digits.
	const id = Number.isSafeInteger(value) ? String(value) : value;
	if (typeof id !== 'string' || !/^[a-zA-Z0-9]{1,255}$/.test(id.trim())) {
		throw invalid(
			'Media ID',
			value,
			'is not a file ID',
			'Use the ID from the message or the upload: letters and digits only, such as abcd1234xyz.',
		);
	}
	return id.trim();
}

function parseFieldName(value: unknown): string {
	const remedy = 'Enter a name such as data.';
	if (isEmpty(value) || typeof value !== 'string') {
		throw invalid('Put Output File in Field', value, 'is not a field name', remedy);
	}
	return value.trim();
}
