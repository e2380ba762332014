import type { INodeProperties } from 'n8n-workflow';

type Conditions = NonNullable<NonNullable<INodeProperties['displayOptions']>['show']>;

/** A field that is shown only under these conditions, beside its own. */
export function showOnlyFor(conditions: Conditions, field: INodeProperties): INodeProperties {
	return {
		...field,
		displayOptions: { ...field.displayOptions, show: { ...conditions, ...field.displayOptions?.show } },
	};
}
