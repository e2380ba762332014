import { withoutParameters } from '../../api/headers';
import type { MediaMimeType } from '../../api/types';

interface Kind {
	/** In the plural. */
	name: string;
	/** What WhatsApp takes at most. */
	mostBytes: number;
}

const MB = 1024 * 1024;
const IMAGES: Kind = { name: 'images', mostBytes: 5 * MB };
const AUDIO: Kind = { name: 'audio', mostBytes: 16 * MB };
const VIDEOS: Kind = { name: 'videos', mostBytes: 16 * MB };
const DOCUMENTS: Kind = { name: 'documents', mostBytes: 100 * MB };

/** The file types that the API takes, and what WhatsApp makes of them. */
const KINDS: Record<MediaMimeType, Kind> = {
	'image/png': IMAGES,
	'image/jpeg': IMAGES,
	'text/plain': DOCUMENTS,
	'application/pdf': DOCUMENTS,
	'audio/mp3': AUDIO,
	'video/mp4': VIDEOS,
};

/** Other names under which n8n and the web know them. */
const ALIASES: Record<string, MediaMimeType> = {
	'audio/mpeg': 'audio/mp3',
	'image/jpg': 'image/jpeg',
};

export const MIME_TYPES = Object.keys(KINDS) as MediaMimeType[];

/** The API's name for a file's type; undefined when the API does not take it. */
export function toMediaMimeType(value: string): MediaMimeType | undefined {
	const type = withoutParameters(value);
	return (Object.hasOwn(ALIASES, type) && ALIASES[type]) || MIME_TYPES.find((known) => known === type);
}

/** What to tell about a file that WhatsApp is likely to refuse for its size; undefined when there is nothing to tell. */
export function sizeHint(type: MediaMimeType, bytes: number): string | undefined {
	const { name, mostBytes } = KINDS[type];
	if (bytes <= mostBytes) return undefined;
	return `WhatsApp takes ${name} up to ${mostBytes / MB} MB, and this file has ${(bytes / MB).toFixed(1)} MB: a message with it may not arrive.`;
}
