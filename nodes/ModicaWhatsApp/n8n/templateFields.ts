import type { ILoadOptionsFunctions, ResourceMapperField, ResourceMapperFields } from 'n8n-workflow';
import { parseTemplateText, valueFields } from '../operations/message/templateText';
import { isEmpty } from '../parameters/values';

/**
 * n8n 1.x treats a text with placeholders as an expression when it's pasted into an empty field, and evaluates the
 * placeholders.
 */
const REMEDY = 'If the text starts with an equals sign (=), delete the sign.';

/**
 * Returns the fields of *Template Values*: one for each placeholder of the text. Never throws, because the editor would
 * then keep showing the previous fields.
 */
export async function getTemplateFields(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const [body, header] = [this.getCurrentNodeParameter('templateText'), this.getCurrentNodeParameter('templateHeaderText')];
	return await Promise.resolve(fieldsFor(body, header));
}

/** @returns a field for each placeholder, or a notice for the editor to show instead */
export function fieldsFor(body: unknown, header: unknown): ResourceMapperFields {
	if (isEmpty(body)) return none(`Paste the template text above to get a field for each placeholder. ${REMEDY}`);
	try {
		const fields = valueFields(parseTemplateText(body, header)).map(
			({ id, name }): ResourceMapperField => ({
				id,
				displayName: name,
				type: 'string',
				required: true,
				display: true,
				defaultMatch: false,
				canBeUsedToMatch: false,
			}),
		);
		return fields.length > 0 ? { fields } : none(`The text has no placeholders to fill in. ${REMEDY}`);
	} catch (error) {
		return none((error as Error).message);
	}
}

function none(emptyFieldsNotice: string): ResourceMapperFields {
	return { fields: [], emptyFieldsNotice };
}
