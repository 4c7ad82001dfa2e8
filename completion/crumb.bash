# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of crumb for bash. It keeps no list of commands or options of its own: it asks `crumb --help` and
# `crumb COMMAND --help`, where commands are rows "  name   what it does" and options rows "  -o, --option ...".

_crumb_help_words() {
	"$1" ${2:+"$2"} --help 2>/dev/null | awk '
		match($0, /^ +(-[a-zA-Z0-9], )?--[a-z][-a-z0-9]*/) { print substr($0, index($0, "--"), RLENGTH - index($0, "--") + 1) }
		/^  [a-z][-a-z0-9]*  / { print $1 }'
}

_crumb() {
	local crumb=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		# after "--" stands the command to run
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			if declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			else
				mapfile -t COMPREPLY < <(compgen -c -- "$current")
			fi
			return
		fi
	done
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(_crumb_help_words "$crumb")" -- "$current")
		return
	fi
	case $previous in
	-o | -w | --output | --write | --topo | --btf | --save | --load)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current")
		return
		;;
	--backend)
		mapfile -t COMPREPLY < <(compgen -W "tp_btf raw_tp tracepoint fentry kprobe.multi kprobe uprobe" -- "$current")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$(_crumb_help_words "$crumb" "${COMP_WORDS[1]}")" -- "$current")
	# topics have names in capitals too, and the program knows them all
	if [[ ${COMP_WORDS[1]} == explain && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$crumb" explain --list 2>/dev/null)" -- "$current")
	fi
	if [[ ${COMP_WORDS[1]} == report && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -o filenames -F _crumb crumb
