# Is a KTAP stream whole? Reads a console log; other lines are passed over.
#
# Exit 0: every plan met, all "ok". 1: a "not ok", all plans met. 2: no KTAP,
# or a plan is missing, zero, short or exceeded, or the numbers do not ascend;
# the reason is printed. With -v totals=1 the last line is "PASSED FAILED",
# counted in cases; skipped ones count as neither.
#
# A level is open from its "KTAP version 1" to the result line of the level
# above that closes it. Level is indentation / 4.
BEGIN { depth = -1 }

function broken(why)
{
	if (!reason)
		reason = why " (line " NR ": " $0 ")"
}

function check_level(level)
{
	if (!(level in plan))
		broken("no plan")
	else if (count[level] != plan[level])
		broken(count[level] + 0 " of " plan[level] " results")
}

function close_above(level)
{
	for (; depth > level; depth--)
		check_level(depth)
}

{
	gsub(/\r/, "")
	gsub(/\033\[[0-9;?=]*[A-Za-z]/, "")
	match($0, /^ */)
	level = RLENGTH / 4
	line = substr($0, RLENGTH + 1)
}

line ~ /^KTAP version 1$/ {
	if (level == 0)		# a second report: the shell's selftest
		close_above(-1)
	if (level != depth + 1)
		broken("KTAP at a wrong level")
	depth = level
	delete plan[level]
	count[level] = 0
	seen = 1
}

depth < 0 { next }

line ~ /^1\.\.[0-9]+/ {
	if (level != depth || level in plan)
		broken("plan out of place")
	plan[level] = substr(line, 4) + 0
	if (plan[level] == 0)
		broken("nothing was tested")
}

line ~ /^(not )?ok [0-9]+/ {
	is_case = depth == level
	close_above(level)
	if (level != depth)
		broken("result out of place")
	split(line, word, " ")
	bad = word[1] == "not"
	number = word[bad ? 3 : 2] + 0
	if (number != ++count[level])
		broken("number " number " where " count[level] " is due")
	if (bad)
		failed = 1
	if (is_case && bad)
		cases_failed++
	else if (is_case && line !~ /# SKIP/)
		cases_passed++
}

END {
	if (!seen)
		reason = "no KTAP report"
	else
		close_above(-1)
	if (reason)
		print "KTAP: " reason
	if (totals)
		print cases_passed + 0, cases_failed + 0
	exit reason ? 2 : failed + 0
}
