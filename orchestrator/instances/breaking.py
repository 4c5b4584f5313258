"""Breaking a lab by its plan's faults, and mending it again; what to undo is in the instance's record."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.fault import mistakes_told
from orchestrator.faults.file_dates import date_back
from orchestrator.faults.later_actions import carry_out
from orchestrator.faults.registry import make_fault
from orchestrator.instances.instance_records import InjectedFault, InstanceRecord, InstanceRecords
from orchestrator.model.scenario import FaultSpec
from orchestrator.sound_state.handed_over import document_of, handed_over, handed_over_of, look_at_broken


def break_lab(driver: LabDriver, records: InstanceRecords) -> None:
    """Inject the plan's faults, in order; how to revert each is recorded before it is injected.

    The first time, people then do what the ticket tells of.

    Raises:
        LabError: a fault did not take effect, or what people did left no trace.
    """
    roots = _content_roots_of(records.get(driver.instance))
    began = time.time()
    for spec in driver.plan.faults:
        fault = make_fault(spec, roots)
        with mistakes_told(fault, "remember"):
            memento = fault.remember(driver)
        records.add_fault(driver.instance, InjectedFault(spec.fault, spec.parameters, memento))
        with mistakes_told(fault, "inject"):
            fault.inject(driver)
        with mistakes_told(fault, "verify"):
            fault.verify(driver)
    named = {value for spec in driver.plan.faults for value in spec.parameters.values() if isinstance(value, str)}
    date_back(driver, sorted(named & set(driver.containers)), began)
    broken = look_at_broken(driver.fabric, driver.instance, driver.plan)
    earlier = handed_over_of(records.handed_over(driver.instance))
    now = look_at_broken(driver.fabric, driver.instance, driver.plan) if _act(driver, records) else broken
    records.keep_handed_over(driver.instance, document_of(handed_over(broken, now, earlier)))


def _act(driver: LabDriver, records: InstanceRecords) -> bool:
    """Do what people did after the faults, unless it was done; return whether anything was."""
    name, actions = driver.instance, driver.plan.afterwards
    to_do = bool(actions) and not records.get(name).acted
    if to_do:
        for action in actions:
            carry_out(action, driver)
        records.put(replace(records.get(name), instance=name, acted=True))
    return to_do


def mend_lab(driver: LabDriver, records: InstanceRecords) -> None:
    """Revert the injected faults, the last one first.

    Raises:
        LabError: a fault could not be reverted.
    """
    record = records.get(driver.instance)
    for injected in reversed(record.faults):
        spec = FaultSpec(fault=injected.fault, parameters=dict(injected.parameters))
        fault = make_fault(spec, _content_roots_of(record))
        with mistakes_told(fault, "revert"):
            fault.revert(driver, injected.memento)
    records.put(replace(record, faults=()))


def _content_roots_of(record: InstanceRecord) -> tuple[Path, ...]:
    """Return the content roots that an instance was started from: its faults may be written there."""
    return tuple(Path(root) for root in record.roots)
