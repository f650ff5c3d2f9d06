"""Devices under the names that the catalogue has."""

from __future__ import annotations

import pytest

from backbones.probe.speed.device_names import cpu_name, gpu_name, this_cpu


@pytest.mark.parametrize(
    ("full", "name"),
    [
        ("NVIDIA H200", "NVIDIA H200"),
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100"),
        ("NVIDIA H100 PCIe", "NVIDIA H100"),
        ("NVIDIA H100 NVL", "NVIDIA H100"),
        ("NVIDIA A100-SXM4-80GB", "NVIDIA A100"),
        ("NVIDIA A100-PCIE-40GB", "NVIDIA A100"),
        ("NVIDIA A100-SXM4-80GB MIG 3g.40gb", "NVIDIA A100 MIG 3g.40gb"),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb+me", "NVIDIA H100 MIG 1g.10gb+me"),
        ("A100-SXM4-40GB", "NVIDIA A100"),
        ("Tesla V100-SXM2-16GB", "NVIDIA V100"),
        ("Tesla T4", "NVIDIA T4"),
        ("NVIDIA GeForce RTX 4090", "NVIDIA RTX 4090"),
        ("GeForce RTX 2080 Ti", "NVIDIA RTX 2080 Ti"),
        ("NVIDIA GeForce RTX 3080 12GB", "NVIDIA RTX 3080"),
        ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "NVIDIA RTX PRO 6000 Max-Q"),
        ("NVIDIA L40S", "NVIDIA L40S"),
        ("NVIDIA RTX A6000", "NVIDIA RTX A6000"),
        ("NVIDIA TITAN Xp", "NVIDIA TITAN Xp"),
        ("AMD Instinct MI300X", "AMD Instinct MI300X"),
        ("AMD Radeon RX 7900 XTX", "AMD Radeon RX 7900 XTX"),
        ("Intel(R) Arc(TM) A770 Graphics", "Intel Arc A770"),
        ("", "GPU"),
    ],
)
def test_gpu_names_are_free_of_noise(full: str, name: str) -> None:
    assert gpu_name(full) == name


@pytest.mark.parametrize(
    ("full", "name"),
    [
        ("AMD EPYC 9575F 64-Core Processor", "AMD EPYC 9575F"),
        ("AMD Ryzen 9 7950X 16-Core Processor", "AMD Ryzen 9 7950X"),
        ("AMD Ryzen 7 8845HS w/ Radeon 780M Graphics", "AMD Ryzen 7 8845HS"),
        ("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "Intel Xeon Gold 6148"),
        ("Intel(R) Xeon(R) Platinum 8480+", "Intel Xeon Platinum 8480+"),
        ("Intel(R) Core(TM) i9-10940X CPU @ 3.30GHz", "Intel i9-10940X"),
        ("12th Gen Intel(R) Core(TM) i7-12700H", "Intel i7-12700H"),
        ("Intel(R) Core(TM) Ultra 7 155H", "Intel Core Ultra 7 155H"),
        ("Apple M2 Pro", "Apple M2 Pro"),
        ("AMD EPYC", "AMD EPYC"),
    ],
)
def test_cpu_names_are_free_of_noise(full: str, name: str) -> None:
    assert cpu_name(full) == name


def test_this_machine_has_a_processor() -> None:
    assert cpu_name(this_cpu())
