import { createHash, timingSafeEqual } from 'crypto';
import { fieldsOf, isRecord, type Fields } from '../../parameters/values';
import type { AnswerPage, AnswerRequest } from '../operation';
import { LONGEST_ANSWER, questionPage, wordsPage } from './answerPage';

/** What is asked, as it is kept with the execution. */
export type Question = {
	/** Of the secret in the link, which is not kept: n8n shows what it keeps to anyone who may see the execution. */
	secretDigest: string;
	text: string;
	thanks: string;
} & ({ kind: 'approval'; approve: string; decline: string } | { kind: 'freeText'; submit: string });

const GONE = 'This question is no longer open. There is nothing left to do.';

/**
 * What somebody who has opened the link of a question gets. Only a form that was sent answers: a GET may come from
 * anyone who looks what is behind a link.
 * @param value the question with `sent`, the message that it was asked in; anything at all
 */
export function answer(value: unknown, { method, secret, body }: AnswerRequest): AnswerPage {
	const asked = parseQuestion(value);
	// An earlier question of the same execution, such as in a loop, has a valid link, too.
	if (!asked || !opens(asked.question, secret)) return wordsPage(410, GONE);
	const { question, sent } = asked;
	const { text, thanks } = question;
	const form = fieldsOf(body);
	const respondedAt = new Date().toISOString();

	if (question.kind === 'freeText') {
		const show = (problem?: string) => questionPage({ text, buttons: { submit: question.submit }, ...(problem && { problem }) });
		if (method !== 'POST') return show();
		// A browser sends line breaks as two characters and counts them as one.
		const given = typeof form.text === 'string' ? form.text.replaceAll('\r\n', '\n').trim() : '';
		if (given === '') return show('Please write an answer.');
		if (given.length > LONGEST_ANSWER) return show(`Please write no more than ${LONGEST_ANSWER} characters.`);
		return { ...wordsPage(200, thanks, given), answer: { ...sent, data: { text: given, respondedAt } } };
	}

	const { approve, decline } = question;
	const labels = new Map([['approve', approve], ...(decline === '' ? [] : [['decline', decline] as const])]);
	const given = method === 'POST' && typeof form.answer === 'string' ? form.answer : '';
	const label = labels.get(given);
	if (label === undefined) {
		return questionPage({ text, buttons: Array.from(labels, ([choice, words]) => ({ value: choice, label: words })) });
	}
	return { ...wordsPage(200, thanks, label), answer: { ...sent, data: { approved: given === 'approve', respondedAt } } };
}

function opens({ secretDigest }: Question, secret: unknown): boolean {
	return typeof secret === 'string' && timingSafeEqual(digest(secret), Buffer.from(secretDigest, 'hex'));
}

/** What is kept of a secret. */
export function digest(secret: string): Buffer {
	return createHash('sha256').update(secret).digest();
}

/** The question that was kept, and the message that it was asked in; undefined for anything else. */
function parseQuestion(value: unknown): { question: Question; sent: Fields } | undefined {
	if (!isRecord(value)) return undefined;
	const { sent, secretDigest, text, thanks, kind, approve, decline, submit } = value;
	if (!isRecord(sent)) return undefined;
	if (typeof secretDigest !== 'string' || !/^[0-9a-f]{64}$/.test(secretDigest)) return undefined;
	if (typeof text !== 'string' || typeof thanks !== 'string') return undefined;
	const common = { secretDigest, text, thanks };
	if (kind === 'approval' && typeof approve === 'string' && typeof decline === 'string') {
		return { question: { ...common, kind, approve, decline }, sent };
	}
	if (kind === 'freeText' && typeof submit === 'string') return { question: { ...common, kind, submit }, sent };
	return undefined;
}
