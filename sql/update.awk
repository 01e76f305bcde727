# awk -f sql/update.awk OLD NEW TABLES: prints the script that updates an installation of OLD to
# NEW.  OLD and NEW are install scripts, of which functions, views and all comments are compared;
# TABLES is written by hand and does the rest.
#
# What has another signature is dropped and made again, with the privileges that somebody gave or
# took; what else has changed is replaced; what has not is left alone.  Privileges of functions
# that stay are not touched: what a script grants counts as the extension's own, together with
# all that users have granted by then, and would be in no dump any more.

FNR == 1 { file++; statement = ""; in_group = 0 }

file == 3 { print; next }

/^COMMENT ON (SCHEMA|TABLE|COLUMN|SEQUENCE) / {
	if (file == 1)
		was[$0] = 1
	else if (!($0 in was))
		changed[++changes] = $0
	next
}

statement == "" && !/^(CREATE (FUNCTION|PROCEDURE|VIEW|TRIGGER)|COMMENT ON (FUNCTION|PROCEDURE|VIEW)|REVOKE ALL ON (FUNCTION|PROCEDURE)|GRANT (SELECT|INSERT) ON mighead[_.])/ { next }

{ statement = statement (statement == "" ? "" : "\n") $0 }

/;$/ { take(statement); statement = "" }

function take(text,    words, name, i, n, signature)
{
	if (text ~ /^(REVOKE|GRANT)/) {
		kind = text ~ /^REVOKE ALL ON PROCEDURE/ ? "PROCEDURE" : "FUNCTION"
		n = split(text, words, /[ \n]+/)
		for (i = 1; i <= n; i++)
			if (words[i] ~ /^mighead[_.]/) {
				name = words[i]
				sub(/[(;].*/, "", name)
				private[file, name] = text ~ /^REVOKE/
				if (text ~ /^GRANT/)
					grants[file, name] = text
			}
		return
	}
	split(text, words, /[ \n(]+/)
	if (text ~ /^CREATE/) {
		name = words[3]
		# an overload has a key of its own; its comment follows it
		if ((file, name) in body)
			name = name "#" (++overloads[file, name] + 1)
		last[file, words[3]] = name
		body[file, name] = text
		kinds[file, name] = words[2]
		declaration = text
		sub(/\n? *AS 'MODULE_PATHNAME'.*/, "", declaration)
		gsub(/[ \n]+/, " ", declaration)
		declared[file, name] = declaration
		names[file, ++count[file]] = name
		return
	}
	name = (file, words[4]) in last ? last[file, words[4]] : words[4]
	signature = text
	gsub(/\n/, " ", signature)
	sub(/^COMMENT ON [A-Z]+ /, "", signature)
	sub(/ IS '.*/, "", signature)
	signatures[file, name] = signature
	comments[file, name] = text
}

function is_there(version, name) { return (version, name) in body }

# a view of a function that is made again is, too
function is_made_again(name,    i)
{
	if (declared[1, name] != declared[2, name] && kinds[1, name] != "VIEW")
		return 1
	if (kinds[1, name] == "VIEW")
		for (i = 1; i <= count[1]; i++)
			if (kinds[1, names[1, i]] != "VIEW" && index(body[1, name], names[1, i] "(") && is_made_again(names[1, i]))
				return 1
	return 0
}

function drop(wanted,    i, name)
{
	for (i = 1; i <= count[1]; i++) {
		name = names[1, i]
		if ((kinds[1, name] == "VIEW") == wanted && (!is_there(2, name) || is_made_again(name)))
			print "DROP " kinds[1, name] " " signatures[1, name] ";"
	}
}

function save_privileges(    i, name, separator)
{
	for (i = 1; i <= count[1]; i++) {
		name = names[1, i]
		if (!is_there(2, name) || kinds[1, name] == "VIEW" || !is_made_again(name))
			continue
		if (separator == "")
			print "CREATE TABLE mighead.update_privilege AS SELECT v.kind, v.signature, v.is_private," \
				"\n    a.grantee, a.is_grantable\n    FROM (VALUES"
		printf "%s        ('%s', '%s', '%s', %s)", separator, kinds[1, name], signatures[1, name],
			signatures[2, name], private[2, name] ? "true" : "false"
		separator = ",\n"
	}
	if (separator == "")
		return 0
	print ") AS v (kind, was, signature, is_private)" \
		"\n    JOIN pg_catalog.pg_proc p ON p.oid = v.was::pg_catalog.regprocedure" \
		"\n    LEFT JOIN pg_catalog.pg_init_privs i ON i.objoid = p.oid" \
		"\n        AND i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass" \
		"\n    CROSS JOIN LATERAL (SELECT x.grantee, x.is_grantable FROM pg_catalog.aclexplode(p.proacl) x" \
		"\n        WHERE x.grantee <> p.proowner UNION ALL SELECT NULL, NULL) a" \
		"\n    WHERE p.proacl IS DISTINCT FROM i.initprivs;"
	return 1
}

function give_privileges()
{
	print "DO $update$" \
		"\nDECLARE\n    one record;\nBEGIN" \
		"\n    FOR one IN SELECT DISTINCT kind, signature FROM mighead.update_privilege LOOP" \
		"\n        EXECUTE pg_catalog.format('REVOKE ALL ON %s %s FROM PUBLIC', one.kind, one.signature);" \
		"\n    END LOOP;" \
		"\n    FOR one IN SELECT p.*, r.rolname FROM mighead.update_privilege p" \
		"\n        LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.grantee WHERE p.grantee IS NOT NULL LOOP" \
		"\n        EXECUTE pg_catalog.format('GRANT EXECUTE ON %s %s TO %s %s', one.kind, one.signature," \
		"\n            CASE WHEN one.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(one.rolname) END," \
		"\n            CASE WHEN one.is_grantable THEN 'WITH GRANT OPTION' END);" \
		"\n    END LOOP;\nEND\n$update$ LANGUAGE plpgsql;" \
		"\n-- what users granted is not the extension's own" \
		"\nSET LOCAL allow_system_table_mods = on;" \
		"\nDELETE FROM pg_catalog.pg_init_privs i USING mighead.update_privilege p" \
		"\n    WHERE i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND NOT p.is_private" \
		"\n    AND i.objoid = p.signature::pg_catalog.regprocedure;" \
		"\nUPDATE pg_catalog.pg_init_privs i SET initprivs = ARRAY[pg_catalog.makeaclitem(f.proowner, f.proowner, 'EXECUTE', false)]" \
		"\n    FROM mighead.update_privilege p, pg_catalog.pg_proc f" \
		"\n    WHERE i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.is_private" \
		"\n    AND i.objoid = p.signature::pg_catalog.regprocedure AND f.oid = i.objoid;" \
		"\nDELETE FROM pg_catalog.pg_shdepend d USING mighead.update_privilege p" \
		"\n    WHERE d.deptype = 'i' AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass" \
		"\n    AND d.objid = p.signature::pg_catalog.regprocedure" \
		"\n    AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database());" \
		"\nSET LOCAL allow_system_table_mods = off;" \
		"\nDROP TABLE mighead.update_privilege;"
}

END {
	for (i = 1; i <= changes; i++)
		print (i == 1 ? "\n/* Comments on tables and columns that are new or changed. */\n" : "") changed[i]
	print "\n/* Functions and views, as sql/update.awk finds them changed. */"
	saved = save_privileges()
	drop(1)
	drop(0)
	for (i = 1; i <= count[2]; i++) {
		name = names[2, i]
		text = body[2, name]
		is_new = !is_there(1, name) || is_made_again(name)
		if (is_new || text != body[1, name]) {
			if (!is_new)
				sub(/^CREATE/, "CREATE OR REPLACE", text)
			print text
		}
		if (is_new || comments[2, name] != comments[1, name])
			print comments[2, name]
		if (is_new && private[2, name])
			print "REVOKE ALL ON " kinds[2, name] " " signatures[2, name] " FROM PUBLIC;"
		if (is_new && ((2, name) in grants))
			print grants[2, name]
	}
	if (saved)
		give_privileges()
}
