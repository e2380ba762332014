import { invalid, isEmpty, isRecord } from '../api/errors';
import type { Callback } from './parse';

/** Which callbacks start the workflow. An empty list lets all pass. */
export interface Filter {
	readonly events: readonly string[];
	readonly statuses: readonly string[];
	/** `other` stands for every type that has no name here. */
	readonly contentTypes: readonly string[];
	/** Digits only. */
	readonly businessNumbers: readonly string[];
}

/** The content types that have a name in the editor (reference: ReplyCallbackContent.type). */
export const NAMED_CONTENT_TYPES = ['audio', 'button', 'document', 'image', 'sticker', 'text', 'video'];

/**
 * The filter that the user has set up.
 * @throws {InputError} when it could not let anything pass, or is not what it should be
 */
export function parseFilter(events: unknown, options: unknown): Filter {
	const { statuses, contentTypes, businessNumbers } = isRecord(options) ? options : {};
	const filter = {
		events: parseList('Events', events),
		statuses: parseList('Statuses', statuses),
		contentTypes: parseList('Content Types', contentTypes),
		businessNumbers: parseList('Business Numbers', businessNumbers).map(parseBusinessNumber),
	};
	if (filter.events.length === 0) {
		throw invalid('Events', '', '', 'Choose at least one event that is to start the workflow.');
	}
	return filter;
}

/** @returns the name of the setting that keeps a callback from starting the workflow; undefined when it may */
export function filteredBy(callback: Callback, filter: Filter): string | undefined {
	if (!filter.events.includes(callback.kind)) return 'events';
	switch (callback.kind) {
		case 'status':
			return passes(filter.statuses, callback.status) ? undefined : 'statuses';
		case 'reply': {
			const { content, destination = '' } = callback;
			const type = content.kind === 'unreadable' ? 'other' : content.type;
			const name = NAMED_CONTENT_TYPES.includes(type) ? type : 'other';
			if (!passes(filter.contentTypes, name)) return 'contentTypes';
			return passes(filter.businessNumbers, digits(destination)) ? undefined : 'businessNumbers';
		}
	}
}

function passes(allowed: readonly string[], value: string): boolean {
	return allowed.length === 0 || allowed.includes(value);
}

/** A list as the editor gives it, or as text with commas, as an expression may. */
function parseList(field: string, value: unknown): string[] {
	if (isEmpty(value)) return [];
	const values: unknown[] = typeof value === 'string' ? value.split(/[,;\n]/) : Array.isArray(value) ? value : [value];
	return values.map((entry) => {
		if (typeof entry !== 'string' && typeof entry !== 'number') {
			throw invalid(field, entry, 'is not a text', 'Give a list of texts.');
		}
		return String(entry).trim();
	}).filter((entry) => entry !== '');
}

function parseBusinessNumber(value: string): string {
	const number = digits(value);
	if (number === '' || /[^\d\s+()./-]/.test(value)) {
		throw invalid(
			'Business Numbers',
			value,
			'is not a business number',
			'Use what stands in the "destination" of your replies, such as 102046588645210; several with commas between.',
		);
	}
	return number;
}

function digits(number: string): string {
	return number.replace(/\D/g, '');
}
