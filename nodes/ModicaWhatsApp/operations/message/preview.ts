import type { MessageContent } from '../../api/types';
import type { Fields } from '../../parameters/values';

/** The content of a message. */
export interface Content {
	readonly content: MessageContent;
	/** The text as the customer reads it, if the node knows it and the content doesn't contain it. */
	readonly preview?: string | undefined;
}

/** Adds the text as the customer reads it to an output, if known. */
export function withPreview(told: Fields, preview: string | undefined): Fields {
	return preview === undefined ? told : { ...told, preview };
}
