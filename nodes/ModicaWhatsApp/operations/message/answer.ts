import { timingSafeEqual } from 'crypto';
import { fieldsOf, type Fields } from '../../parameters/values';
import type { AnswerPage, AnswerRequest } from '../operation';
import { MAX_ANSWER_LENGTH, messagePage, questionPage } from './answerPage';
import { answersOf, digest, parseQuestion, type Question } from './question';

const GONE = 'This question is closed. No further action is needed.';
const IN_CHAT = 'To answer, tap a button in the WhatsApp message.';

/**
 * Handles a request to the link of a question, or a tap on one of its buttons in the chat. Only a POST counts as an
 * answer: a GET may come from software that previews links.
 * @param value the question with `sent`, the message in which it was asked; can be anything
 */
export function answer(value: unknown, request: AnswerRequest): AnswerPage {
	const asked = parseQuestion(value);
	// An earlier question of the same execution, for example in a loop, also has a validly signed link.
	if (!asked || !opens(asked.question, request.secret)) return messagePage(410, GONE);
	const { question, sent } = asked;
	const form = fieldsOf(request.body);
	const take = (words: string, data: Fields): AnswerPage => ({
		...messagePage(200, question.thanks, words),
		answer: { ...sent, data: { ...data, answeredIn: question.answerIn, respondedAt: new Date().toISOString() } },
	});

	if (question.kind === 'freeText') {
		const { text, submit } = question;
		const show = (problem?: string) => questionPage({ text, buttons: { submit }, ...(problem && { problem }) });
		if (request.method !== 'POST') return show();
		// Browsers submit a line break as two characters, but count it as one.
		const given = typeof form.text === 'string' ? form.text.replaceAll('\r\n', '\n').trim() : '';
		if (given === '') return show('Please enter an answer.');
		if (given.length > MAX_ANSWER_LENGTH) return show(`Please enter no more than ${MAX_ANSWER_LENGTH} characters.`);
		return take(given, { text: given });
	}

	const offered = answersOf(question);
	const isInChat = question.answerIn === 'chat';
	const given = offered.find(({ value: ofPage }, index) => (isInChat ? String(index) === request.tapped : ofPage === form.answer));
	if (request.method === 'POST' && given) return take(given.label, given.data);
	return isInChat ? messagePage(200, IN_CHAT) : questionPage({ text: question.text, buttons: offered });
}

function opens({ secretDigest }: Question, secret: unknown): boolean {
	return typeof secret === 'string' && timingSafeEqual(digest(secret), Buffer.from(secretDigest, 'hex'));
}
