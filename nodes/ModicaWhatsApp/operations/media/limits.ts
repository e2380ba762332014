import { withoutParameters } from '../../api/headers';
import type { MediaMimeType } from '../../api/types';

interface Kind {
	/** The plural name. */
	name: string;
	/** WhatsApp's size limit. */
	mostBytes: number;
}

const MB = 1024 * 1024;
const IMAGES: Kind = { name: 'images', mostBytes: 5 * MB };
const AUDIO: Kind = { name: 'audio', mostBytes: 16 * MB };
const VIDEOS: Kind = { name: 'videos', mostBytes: 16 * MB };
const DOCUMENTS: Kind = { name: 'documents', mostBytes: 100 * MB };

/** The file types that the API accepts, and their WhatsApp media kinds. */
const KINDS: Record<MediaMimeType, Kind> = {
	'image/png': IMAGES,
	'image/jpeg': IMAGES,
	'text/plain': DOCUMENTS,
	'application/pdf': DOCUMENTS,
	'audio/mp3': AUDIO,
	'video/mp4': VIDEOS,
};

/** Alternative names that n8n and the web use. */
const ALIASES: Record<string, MediaMimeType> = {
	'audio/mpeg': 'audio/mp3',
	'image/jpg': 'image/jpeg',
};

export const MIME_TYPES = Object.keys(KINDS) as MediaMimeType[];

/** Returns the API's name for a file type, or undefined if the API doesn't accept the type. */
export function toMediaMimeType(value: string): MediaMimeType | undefined {
	const type = withoutParameters(value);
	return (Object.hasOwn(ALIASES, type) && ALIASES[type]) || MIME_TYPES.find((known) => known === type);
}

/** Returns a hint if WhatsApp will probably reject the file because of its size, or undefined otherwise. */
export function sizeHint(type: MediaMimeType, bytes: number): string | undefined {
	const { name, mostBytes } = KINDS[type];
	if (bytes <= mostBytes) return undefined;
	return `WhatsApp accepts ${name} up to ${mostBytes / MB} MB. This file has ${(bytes / MB).toFixed(1)} MB, so a message with it may not be delivered.`;
}
