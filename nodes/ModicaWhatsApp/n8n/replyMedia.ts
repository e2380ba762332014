import type { IBinaryData, INodeProperties, IWebhookFunctions } from 'n8n-workflow';
import { sleepWhile } from '../api/clock';
import type { DownloadedMedia } from '../api/exchange';
import type { Callback } from '../callback/parse';
import type { Fields } from '../parameters/values';
import { openClient } from './client';
import { clock } from './clock';
import { explain } from './errors';
import { storeFile } from './files';

/** n8n responds to a callback only after the download, and senders don't wait much longer than this. */
const MAX_DOWNLOAD_MS = 15_000;

export const mediaOptions: INodeProperties[] = [
	{
		displayName: 'Download Media',
		name: 'downloadMedia',
		type: 'boolean',
		default: false,
		description:
			'Whether to download the file of a reply. If the download fails, downloadError contains the reason.',
	},
	{
		displayName: 'Put Media in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		placeholder: 'e.g. data',
		hint: 'The name of the output binary field to put the file in',
		description: 'Output field for the file, if Download Media is on',
	},
];

/** The file in its output field, or why it's missing. */
type FetchedMedia = { binary?: Record<string, IBinaryData>; downloadError?: string };

/**
 * Downloads the file of a reply, if the option is on. Retries temporary faults within the time limit of a callback.
 * Never rejects.
 */
export async function fetchMedia(
	functions: IWebhookFunctions,
	callback: Callback,
	{ downloadMedia, binaryPropertyName }: Fields,
): Promise<FetchedMedia> {
	if (downloadMedia !== true || callback.kind !== 'reply' || callback.content.kind !== 'media') return {};
	const { id, fileName = id } = callback.content.media;
	const field = (typeof binaryPropertyName === 'string' && binaryPropertyName.trim()) || 'data';
	const giveUp = new AbortController();
	let ended = false;
	const download = async (): Promise<FetchedMedia> => {
		try {
			const credential = await functions.getCredentials('modicaWhatsAppApi');
			const client = openClient(functions, credential, { signal: giveUp.signal });
			const store = async (media: DownloadedMedia) => await storeFile(functions.helpers, media, fileName);
			return { binary: { [field]: await client.downloadMedia(id, undefined, store) } };
		} catch (error) {
			return { downloadError: explain(error, 'n8n could not store the file') };
		} finally {
			ended = true;
		}
	};
	const timeOut = async (): Promise<FetchedMedia> => {
		await sleepWhile(clock, MAX_DOWNLOAD_MS, () => !ended);
		giveUp.abort();
		return { downloadError: `The download took longer than ${MAX_DOWNLOAD_MS / 1_000} s` };
	};
	return await Promise.race([download(), timeOut()]);
}
