import type { MessageContent } from '../../api/types';
import type { Fields } from '../../parameters/values';

/** What a message says. */
export interface Content {
	readonly content: MessageContent;
	/** The text as the customer reads it, where the node knows it and the content does not hold it. */
	readonly preview?: string | undefined;
}

/** What is told of a message that was sent, with the text as the customer reads it. */
export function withPreview(told: Fields, preview: string | undefined): Fields {
	return preview === undefined ? told : { ...told, preview };
}
