/*-------------------------------------------------------------------------
 *
 * merge_forms.c
 *	  Merges the changes that the steps of several branches made to one object.
 *
 *-------------------------------------------------------------------------
 */
#include "core/expectation/expectation.h"

static bool
is_same(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Returns the end of the name at text in a list "a, "b, c", d". */
static const char *
end_of_name(const char *text)
{
	bool quoted = false;

	MH_CHECK_INTERRUPTS();
	for (; *text != '\0' && (quoted || *text != ','); text++)
		if (*text == '"')
			quoted = !quoted;
	return text;
}

static MhStrings
split_names(const char *list)
{
	MhStrings names = {0, NULL};

	while (list != NULL && *list != '\0')
	{
		const char *end = end_of_name(list);

		MH_CHECK_INTERRUPTS();
		mh_strings_add(&names, pnstrdup(list, end - list));
		list = *end == ',' ? end + 1 + (end[1] == ' ') : end;
	}
	return names;
}

/* Merges lists: drops what the step dropped, appends what it added, as ALTER TABLE does. */
static char *
merge_lists(const char *current, const char *before, const char *after)
{
	MhStrings present = split_names(current);
	MhStrings old = split_names(before);
	MhStrings new = split_names(after);
	MhStrings merged = {0, NULL};

	for (int i = 0; i < present.n; i++)
		if (!mh_strings_contain(&old, present.v[i]) || mh_strings_contain(&new, present.v[i]))
			mh_strings_add(&merged, present.v[i]);
	for (int i = 0; i < new.n; i++)
		if (!mh_strings_contain(&old, new.v[i]) && !mh_strings_contain(&merged, new.v[i]))
			mh_strings_add(&merged, new.v[i]);
	return mh_strings_join(&merged, ", ");
}

/* Merges an attribute.  Returns false if both the step and something else changed it. */
static bool
merge_attribute(MhDefinition *merged, const char *name, const MhDefinition *current,
				const MhDefinition *before, const MhDefinition *after)
{
	const char *value = mh_attribute(current, name);
	const char *old = mh_attribute(before, name);
	const char *new = mh_attribute(after, name);

	if (is_same(value, old))
		value = new;
	else if (!is_same(old, new) && !is_same(value, new))
	{
		if (mh_attribute_severity(current->type, name) > MH_OK)
			return false;
		value = strcmp(name, MH_ATTR_COLUMN_ORDER) == 0 ? merge_lists(value, old, new) : new;
	}
	mh_attribute_add(merged, name, unconstify(char *, value));
	return true;
}

static bool
merge_attributes(MhDefinition *merged, const MhDefinition *current, const MhDefinition *before,
				 const MhDefinition *after, const char **conflict)
{
	const MhDefinition *sources[2] = {current, after};

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < sources[i]->n; j++)
		{
			const char *name = sources[i]->attributes[j].name;

			if (i == 1 && mh_attribute(current, name) != NULL)
				continue;
			*conflict = name;
			if (!merge_attribute(merged, name, current, before, after))
				return false;
		}
	return true;
}

static int
add_merged(MhExpectations *expectations, MhDefinition *merged)
{
	int form;

	if (!mh_definition_finish(merged))
		return MH_NO_FORM;
	form = mh_form_find(expectations, merged->checksum);
	if (form != MH_NO_FORM)
		return form;
	return mh_form_add(expectations, merged->type, merged->name, merged->checksum,
					   merged->structure, merged);
}

/* Merges an object that one of the three forms does not have. */
static bool
merge_presence(const MhExpectations *expectations, int current, const MhDelta *step, int *merged)
{
	const MhForm *forms = expectations->forms;

	/* both created it, or both dropped it */
	if (current == step->after)
	{
		*merged = current;
		return true;
	}
	/* the forms differ only in comments and the like */
	if (step->before == MH_NO_FORM && current != MH_NO_FORM)
	{
		*merged = current;
		return strcmp(forms[current].structure, forms[step->after].structure) == 0;
	}
	if (step->after == MH_NO_FORM && current != MH_NO_FORM)
	{
		*merged = MH_NO_FORM;
		return strcmp(forms[current].structure, forms[step->before].structure) == 0;
	}
	return false;
}

bool
mh_form_merge(MhExpectations *expectations, int current, const MhDelta *step, int *merged,
			  const char **attribute)
{
	const MhDefinition *definition;
	MhDefinition *result;

	*attribute = NULL;
	if (current == step->before)
	{
		*merged = step->after;
		return true;
	}
	if (current == MH_NO_FORM || step->before == MH_NO_FORM || step->after == MH_NO_FORM)
		return merge_presence(expectations, current, step, merged);
	definition = expectations->forms[current].definition;
	result = palloc0(sizeof(MhDefinition));
	result->type = definition->type;
	result->name = definition->name;
	result->parent = definition->parent;
	if (!merge_attributes(result, definition, expectations->forms[step->before].definition,
						  expectations->forms[step->after].definition, attribute))
		return false;
	*attribute = NULL;
	*merged = add_merged(expectations, result);
	return *merged != MH_NO_FORM;
}
