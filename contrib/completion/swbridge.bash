# bash completion for swbridge(1)
_swbridge() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb= word
	local verbs='init check plan migrate sync listen wait verify status explain adopt forget retry approve pause resume help'

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case " $verbs " in
		*" $word "*) verb=$word; break ;;
		esac
	done
	case $prev in
	-c | --config | --report) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--adapter) COMPREPLY=($(compgen -W 'asterisk-pjsip asterisk-sip freepbx fusionpbx kamailio wazo' -- "$cur")); return ;;
	--for) COMPREPLY=($(compgen -W '1h 24h 7d' -- "$cur")); return ;;
	esac
	case $verb in
	'') COMPREPLY=($(compgen -W "$verbs --config --quiet --verbose --json --help --version" -- "$cur")) ;;
	help) COMPREPLY=($(compgen -W "$verbs" -- "$cur")) ;;
	init) COMPREPLY=($(compgen -W '--adapter --triggers --print-sql --rebind --uninstall' -- "$cur")) ;;
	plan) COMPREPLY=($(compgen -W '--detailed-exitcode --json' -- "$cur")) ;;
	migrate) COMPREPLY=($(compgen -W '--adopt --ours --dry-run --yes --canary --report --with-secrets --json' -- "$cur")) ;;
	sync) COMPREPLY=($(compgen -W '--wait --quiet --json' -- "$cur")) ;;
	listen) COMPREPLY=($(compgen -W '--observe --json' -- "$cur")) ;;
	verify) COMPREPLY=($(compgen -W '--repair --secrets --wait --quiet --json' -- "$cur")) ;;
	retry) COMPREPLY=($(compgen -W '--secret --json' -- "$cur")) ;;
	wait) COMPREPLY=($(compgen -W '--timeout --json' -- "$cur")) ;;
	approve) COMPREPLY=($(compgen -W 'creates removals changes --for' -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W '--json' -- "$cur")) ;;
	esac
}
complete -F _swbridge swbridge
