# Copyright (c) 2026, cairn.storage contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.

"""The frame of csi_node_plugin."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from ._core.errors import CairnError
from ._core.plan import Plan
from ._kube.connection import connect, guard
from ._kube.csi.rolling import Rolling, parse, tell


def run(module: AnsibleModule) -> None:
    """Run the module and leave through ``exit_json`` or ``fail_json``."""
    params = guard(module).params
    try:
        wish = parse(params)
        client = connect(params)
        rolling = Rolling(client, params["namespace"], params["daemon_sets"], wish, params["wait_timeout"], params["on_failure"] == "abort")
        observed = rolling.look()
        rolling.check(observed)
        if module.check_mode:
            actions = rolling.foresee(observed, params["pending"])
        else:
            observed = rolling.run()
            actions = rolling.actions
    except CairnError as error:
        module.fail_json(**error.as_result())
    for node in rolling.left_out:
        module.warn(f"node {node} does not answer; its plugin gets the new template when this is run again.")
    plan = Plan(tuple(actions))
    module.exit_json(changed=plan.changed, actions=plan.describe(), diff=plan.diff(), nodes=tell(observed, wish.driver), requests=client.requests)
