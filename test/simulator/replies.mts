/** Inbound messages: what a customer sends, as the API would tell it. */
import { Readable } from 'node:stream';
import type { components } from '../contract/generated.d.mts';
import type { MediaStore } from './mediaStore.mts';
import type { StoredMessage } from './records.mts';

export type ReplyContent = components['schemas']['ReplyCallbackContent'];

type MediaReplyType = 'audio' | 'document' | 'image' | 'sticker' | 'video';

/** What the customer sent: by its type, or the content as it shall stand in the callback. */
export type ReplyMessage =
	| { type: 'text'; text: string; previewUrl?: string }
	| { type: 'button'; text: string; payload: string }
	| {
			type: MediaReplyType;
			/** The file; a small sample of its type when absent. */
			bytes?: Uint8Array;
			/** The same in base64, for other processes. */
			base64?: string;
			mimeType?: string;
			fileName?: string;
			caption?: string;
	  }
	| { content: unknown };

export type ReplyRequest = ReplyMessage & {
	/** The customer's number. The reference shows it without a plus. */
	source: string;
	/** The business number; the setting of that name when absent. */
	destination?: string;
	/** The reply's id; a new one when absent. The same again makes a duplicate. */
	id?: string;
	/** How the content is encoded; the setting `replyContentAs` when absent. */
	as?: 'string' | 'object';
	/** Laid over the callback's body; an undefined value takes a field out. */
	extra?: Record<string, unknown>;
};

const PIXEL_PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const SAMPLES: Record<MediaReplyType, { mimeType: string; fileName: string; bytes: Buffer }> = {
	audio: { mimeType: 'audio/mp3', fileName: 'voice.mp3', bytes: Buffer.from('ID3\u0003\u0000sample of a voice message', 'latin1') },
	document: { mimeType: 'application/pdf', fileName: 'document.pdf', bytes: Buffer.from('%PDF-1.4\n% sample of a document\n%%EOF\n') },
	image: { mimeType: 'image/png', fileName: 'picture.png', bytes: PIXEL_PNG },
	// WhatsApp's own stickers are WebP, which the reference's list of types does not have.
	sticker: { mimeType: 'image/png', fileName: 'sticker.png', bytes: PIXEL_PNG },
	video: { mimeType: 'video/mp4', fileName: 'video.mp4', bytes: Buffer.from('\u0000\u0000\u0000\u0018ftypmp42sample of a video', 'latin1') },
};

/** Only these carry a caption or a file name in the reference. */
const WITH_CAPTION: ReadonlySet<MediaReplyType> = new Set(['document', 'image', 'video']);
const WITH_FILE_NAME: ReadonlySet<MediaReplyType> = new Set(['document', 'video']);

/** Builds the content of a reply; a media file is stored, so that its id can be downloaded. */
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

/** The payload of a message's quick-reply button; undefined when there is none of that index. */
export function quickReplyOf({ payload }: StoredMessage, buttonIndex: number): string | undefined {
	const { template } = payload as { template?: { buttons?: Array<{ index?: number; type?: string; payload?: string }> } };
	return template?.buttons?.find(({ index, type }) => type === 'quick_reply' && index === buttonIndex)?.payload;
}
