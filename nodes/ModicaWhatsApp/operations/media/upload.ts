import type { IBinaryData, INodeProperties } from 'n8n-workflow';
import type { MediaMimeType } from '../../api/types';
import { BINARY_FIELD, fieldName, readBinary } from '../../parameters/binaryField';
import { invalid } from '../../parameters/errors';
import { parseSource } from '../../parameters/source';
import { fieldsOf } from '../../parameters/values';
import { unlessRefused, type Context, type Item, type Job, type Operation, type Output, type Refuse } from '../operation';
import { mediaAdditionalFields } from './additionalFields';
import { MIME_TYPES, sizeHint, toMediaMimeType } from './limits';

const binaryPropertyField: INodeProperties = {
	displayName: BINARY_FIELD,
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the input binary field containing the file to be uploaded. Separate several names with commas, or use * for all.',
	description: 'Accepts PNG, JPEG, plain text, PDF, MP3, and MP4 files. Returns one item per file.',
};

export const upload: Operation = {
	option: {
		name: 'Upload',
		action: 'Upload media',
		description: 'Upload a file and get its media ID',
	},
	fields: [binaryPropertyField, mediaAdditionalFields],
	maxConcurrency: 3,
	jobs: uploadJobs,
};

/** Creates one job for each file, so that a failure doesn't affect the other files of the item. */
function* uploadJobs(items: readonly Item[], context: Context, refuse: Refuse): Iterable<Job> {
	for (const item of items) {
		for (const field of unlessRefused(item, refuse, () => fieldNames(item)) ?? []) {
			const job = unlessRefused(item, refuse, () => uploadJob(item, field, context));
			if (job) yield job;
		}
	}
}

/** Returns the names of the fields to upload. A name that contains a comma matches only as a whole. */
function fieldNames(item: Item): string[] {
	const given = fieldName(item.parameter('binaryPropertyName'));
	if (Object.hasOwn(item.binary, given)) return [given];
	const all = Object.keys(item.binary);
	if (given === '*' && all.length > 0) return all;
	const names = given.split(',').map((name) => name.trim());
	// Ignore a trailing comma, but keep an empty parameter so that an error reports it.
	return [...new Set(names.length > 1 ? names.filter(Boolean) : names)];
}

function uploadJob(item: Item, name: string, { api, openFile }: Context): Job {
	const field = { parameter: BINARY_FIELD, name };
	const binary = readBinary(item, field);
	const mimeType = parseMimeType(name, binary.mimeType);
	const source = parseSource(fieldsOf(item.parameter('additionalFields')).source);
	return {
		targets: [{ item: item.index, field: name }],
		run: async () => {
			let file: File | undefined;
			const open = async () => {
				const opened = await openFile({ ...binary, mimeType });
				({ file } = opened);
				if (file.size > 0) return opened;
				opened.close();
				throw invalid(BINARY_FIELD, name, 'contains an empty file', 'Use a file that is not empty.');
			};
			const media = await api.uploadMedia(open, source);
			return [toOutput(item, name, binary, file, mimeType, media)];
		},
	};
}

function toOutput(
	{ index }: Item,
	field: string,
	{ fileSize }: IBinaryData,
	file: File | undefined,
	mimeType: MediaMimeType,
	media: Record<string, unknown>,
): Output {
	const hint = file && sizeHint(mimeType, file.size);
	return { item: index, json: { ...media, field, fileName: file?.name, mimeType, fileSize, ...(hint && { hint }) } };
}

function parseMimeType(name: string, value: string): MediaMimeType {
	const type = toMediaMimeType(value);
	if (!type) {
		throw invalid(
			BINARY_FIELD,
			name,
			`contains a file of type ${value || 'unknown'}, which Modica does not accept`,
			`Convert it to one of these types: ${MIME_TYPES.join(', ')}.`,
		);
	}
	return type;
}
