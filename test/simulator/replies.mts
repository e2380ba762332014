/** Inbound messages: what a customer sends, as the API reports it. */
import { Readable } from 'node:stream';
import type { components } from '../contract/generated.d.mts';
import type { MediaStore } from './mediaStore.mts';
import type { StoredMessage } from './records.mts';

export type ReplyContent = components['schemas']['ReplyCallbackContent'];

type MediaReplyType = 'audio' | 'document' | 'image' | 'sticker' | 'video';

/** What the customer sends: a message of a type, or the exact content for the callback. */
export type ReplyMessage =
	| { type: 'text'; text: string; previewUrl?: string }
	| { type: 'button'; text: string; payload: string }
	| {
			type: MediaReplyType;
			/** The file. Default: a small sample. */
			bytes?: Uint8Array;
			/** The file in base64, for other processes. */
			base64?: string;
			mimeType?: string;
			fileName?: string;
			caption?: string;
	  }
	| { content: unknown };

export type ReplyRequest = ReplyMessage & {
	/** The customer's number, without a plus as in the reference. */
	source: string;
	/** The business number. Default: the setting `businessNumber`. */
	destination?: string;
	/** The reply's ID. Default: a new one. An existing ID creates a duplicate. */
	id?: string;
	/** How the content is encoded. Default: the setting `replyContentAs`. */
	as?: 'string' | 'object';
	/** Overrides fields of the callback's body. An undefined value removes a field. */
	extra?: Record<string, unknown>;
};

const PIXEL_PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const SAMPLES: Record<MediaReplyType, { mimeType: string; fileName: string; bytes: Buffer }> = {
	audio: { mimeType: 'audio/mp3', fileName: 'voice.mp3', bytes: Buffer.from('ID3\u0003\u0000sample of a voice message', 'latin1') },
	document: { mimeType: 'application/pdf', fileName: 'document.pdf', bytes: Buffer.from('%PDF-1.4\n% sample of a document\n%%EOF\n') },
	image: { mimeType: 'image/png', fileName: 'picture.png', bytes: PIXEL_PNG },
	// WhatsApp's own stickers are WebP, but the reference doesn't list this type.
	sticker: { mimeType: 'image/png', fileName: 'sticker.png', bytes: PIXEL_PNG },
	video: { mimeType: 'video/mp4', fileName: 'video.mp4', bytes: Buffer.from('\u0000\u0000\u0000\u0018ftypmp42sample of a video', 'latin1') },
};

/** The types that have a caption or a file name in the reference. */
const WITH_CAPTION: ReadonlySet<MediaReplyType> = new Set(['document', 'image', 'video']);
const WITH_FILE_NAME: ReadonlySet<MediaReplyType> = new Set(['document', 'video']);

/** Builds the content of a reply. Stores media files, so that they can be downloaded by their IDs. */
export async function contentOf(message: ReplyMessage, media: MediaStore): Promise<unknown> {
	if ('content' in message) return message.content;
	if (message.type === 'text') {
		return { type: 'text', text: { body: message.text, ...(message.previewUrl !== undefined && { preview_url: message.previewUrl }) } };
	}
	if (message.type === 'button') return { type: 'button', button: { payload: message.payload, text: message.text } };

	const { type, base64, caption } = message;
	const sample = SAMPLES[type];
	if (!sample) throw new Error(`No such type of reply: ${String(type)}`);
	const bytes = message.bytes ?? (base64 === undefined ? sample.bytes : Buffer.from(base64, 'base64'));
	const { mimeType = sample.mimeType, fileName = sample.fileName } = message;
	const { id, sha256 } = await media.save(Readable.from([Buffer.from(bytes)]), { origin: 'reply', fileName, mimeType });
	return {
		type,
		[type]: {
			...(caption !== undefined && WITH_CAPTION.has(type) && { caption }),
			...(WITH_FILE_NAME.has(type) && { filename: fileName }),
			...(type !== 'audio' && { sha256 }),
			id,
			mime_type: mimeType,
		},
	};
}

/** The payload of a message's quick-reply button, or undefined if there is none with this index. */
export function quickReplyOf({ payload }: StoredMessage, buttonIndex: number): string | undefined {
	const { template } = payload as { template?: { buttons?: Array<{ index?: number; type?: string; payload?: string }> } };
	return template?.buttons?.find(({ index, type }) => type === 'quick_reply' && index === buttonIndex)?.payload;
}
