/** Bodies of callbacks from the API reference. */
export const STATUS = { id: '2af85f64-3645-1078-b3fc-2c963f66afa6', reference: 'ref-abc123', status: 'received' };

export const REPLY = {
	id: '3fa85f64-5717-4562-b3fc-2c963f66afa7',
	source: '64123456789',
	destination: '102046588645210',
	content: { type: 'text', text: { body: 'Kia ora', preview_url: 'https://example.com' } },
};

export const CONTENT = {
	audio: { type: 'audio', audio: { id: 'abc123456', mime_type: 'audio/mp3' } },
	button: { type: 'button', button: { payload: 'CONFIRM-1234', text: 'Yes, please' } },
	document: {
		type: 'document',
		document: { caption: 'The form', filename: 'form.pdf', sha256: 'f00', id: 'doc1', mime_type: 'application/pdf' },
	},
	image: { type: 'image', image: { caption: 'My cat', sha256: 'f00', id: 'img1', mime_type: 'image/jpeg' } },
	sticker: { type: 'sticker', sticker: { sha256: 'f00', id: 'stk1', mime_type: 'image/png' } },
	text: REPLY.content,
	video: { type: 'video', video: { caption: 'Look', filename: 'v.mp4', sha256: 'f00', id: 'vid1', mime_type: 'video/mp4' } },
};

/** An object with this many levels of nesting. */
export function nested(depth: number): object {
	let value: object = {};
	for (let level = 1; level < depth; level++) value = { inner: value };
	return value;
}
