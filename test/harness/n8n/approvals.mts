/** What a customer can do with the link of a question: open it, click a button, tamper with it. */
import axios from 'axios';
import type { Simulator } from '../../simulator/simulator.mts';

/** A page as the customer receives it. */
export interface Opened {
	status: number;
	headers: Record<string, string>;
	html: string;
	/** The visible text without the buttons. */
	words: string;
	/** The labels of the buttons by the values that they send. */
	buttons: Record<string, string>;
}

/** The link in the latest message. */
export function latestLink({ messages }: Simulator): string {
	const { text, template } = messages.at(-1)?.payload as { text?: { body: string }; template?: { body_params: string[] } };
	return /https?:\S+/.exec(text?.body ?? template?.body_params.join(' ') ?? '')?.[0] ?? '';
}

/**
 * Opens the link.
 * @param fields a form to send with the request, which browsers never do
 */
export async function readPage(link: string, fields?: Record<string, string>): Promise<Opened> {
	return await request('get', link, fields && new URLSearchParams(fields));
}

/** Sends the form of the page. */
export async function send(link: string, fields: Record<string, string>): Promise<Opened> {
	return await request('post', link, new URLSearchParams(fields));
}

async function request(method: 'get' | 'post', url: string, data?: URLSearchParams): Promise<Opened> {
	const { status, headers, data: body } = await axios.request<string>({
		method,
		url,
		data,
		proxy: false,
		responseType: 'text',
		transformResponse: (text: string) => text,
		// The user agent of a phone's browser, because n8n rejects answers from bots.
		headers: { 'user-agent': 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36' },
		validateStatus: () => true,
	});
	const buttons = [...body.matchAll(/<button[^>]*? value="(\w+)"[^>]*>([^<]*)<\/button>/g)];
	return {
		status,
		headers: headers as Record<string, string>,
		html: body,
		words: toWords(/<body[^>]*>([\s\S]*)<\/body>/.exec(body)?.[1] ?? body),
		buttons: Object.fromEntries(buttons.map(([, value, label]) => [value, label])),
	};
}

function toWords(html: string): string {
	return html
		.replace(/<(style|script|form)[\s\S]*?<\/\1>/g, ' ')
		.replace(/<[^>]+>/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
}

/** Copies of the link, each with one change. */
export function tamperings(link: string): Array<[string, string]> {
	const changed = (change: (url: URL) => void) => {
		const url = new URL(link);
		change(url);
		return url.href;
	};
	const flip = (text: string | null) => (text?.startsWith('0') ? '1' : '0') + (text ?? '').slice(1);
	return [
		['another secret', changed(({ searchParams }) => searchParams.set('question', flip(searchParams.get('question'))))],
		['no secret', changed(({ searchParams }) => searchParams.delete('question'))],
		['another signature', changed(({ searchParams }) => searchParams.set('signature', flip(searchParams.get('signature'))))],
		['a short signature', changed(({ searchParams }) => searchParams.set('signature', '0'))],
		['no signature', changed(({ searchParams }) => searchParams.delete('signature'))],
		['one more parameter', changed(({ searchParams }) => searchParams.append('approved', 'true'))],
	];
}
