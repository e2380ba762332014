import { createHash } from 'crypto';
import type { AnswerPage } from '../operation';

/** Maximum length of an answer in UTF-16 code units, as browsers count for `maxlength`. */
export const MAX_ANSWER_LENGTH = 10_000;

/** A page that asks a question. */
export interface QuestionPage {
	readonly text: string;
	/** Buttons with the value that each submits as `answer`, or the submit button of a free-text field. */
	readonly buttons: ReadonlyArray<{ label: string; value: string }> | { submit: string };
	/** Why the previous answer was rejected. */
	readonly problem?: string;
}

/** Returns the page with a question. Opening it has no effect, because WhatsApp opens links to create previews. */
export function questionPage({ text, buttons, problem }: QuestionPage): AnswerPage {
	const note = problem === undefined ? '' : `<p class="problem" role="alert">${escape(problem)}</p>`;
	const fields =
		'submit' in buttons
			? `<textarea name="text" rows="5" maxlength="${MAX_ANSWER_LENGTH}" required autofocus dir="auto" aria-labelledby="question"></textarea>${button(buttons.submit)}`
			: buttons.map(({ label, value }) => button(label, value)).join('');
	return page(
		problem === undefined ? 200 : 400,
		text,
		`<p id="question" dir="auto">${escape(text)}</p>${note}<form method="post">${fields}</form>`,
	);
}

/** Returns a page with a message, below the submitted answer if there is one. */
export function messagePage(statusCode: number, words: string, answer?: string): AnswerPage {
	const given = answer === undefined ? '' : `<p class="given" dir="auto">${escape(answer)}</p>`;
	return page(statusCode, words, `${given}<p dir="auto">${escape(words)}</p>`);
}

function button(label: string, value?: string): string {
	const sends = value === undefined ? '' : ` name="answer" value="${escape(value)}"`;
	return `<button dir="auto"${sends}>${escape(label)}</button>`;
}

const STYLE = `
:root { color-scheme: light dark; --edge: #8886; --main: #0b6b50; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 32rem; padding: 1.5rem 1rem; font: 1.125rem/1.5 system-ui, sans-serif; }
p { margin: 0 0 1.25rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.given { padding: 0.75rem 1rem; border: 1px solid var(--edge); border-radius: 0.75rem; }
.problem { font-weight: 600; }
form { display: grid; gap: 0.75rem; }
textarea, button { width: 100%; padding: 0.75rem 1rem; border: 1px solid var(--edge); border-radius: 0.75rem; font: inherit; }
button { min-height: 3rem; background: transparent; color: inherit; overflow-wrap: anywhere; cursor: pointer; }
button:first-of-type { border-color: var(--main); background: var(--main); color: #fff; font-weight: 600; }
`;

const POLICY = [
	"default-src 'none'",
	`style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
	"form-action 'self'",
	"base-uri 'none'",
].join('; ');

const HEADERS: AnswerPage['headers'] = {
	'Content-Type': 'text/html; charset=utf-8',
	'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'`,
	'Cache-Control': 'no-store',
	// The URL contains the signature.
	'Referrer-Policy': 'no-referrer',
	'X-Content-Type-Options': 'nosniff',
	'X-Robots-Tag': 'noindex',
};

const MAX_TITLE_LENGTH = 60;

function page(statusCode: number, title: string, body: string): AnswerPage {
	// The policy is also in the page because n8n 2.x replaces the policy in the response header.
	const html = `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape([...title.trim()].slice(0, MAX_TITLE_LENGTH).join(''))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>${body}</main>
</body>
</html>
`;
	return { statusCode, html, headers: HEADERS };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes a text for HTML, in element content or an attribute. */
function escape(text: string): string {
	return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
